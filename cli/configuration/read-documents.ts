import {
  type Document,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type ParsedNode,
  parseAllDocuments,
} from 'yaml';

/** A text that holds documents, and what to call it. */
export interface Source {
  name: string;
  text: string;
}

/** One document as it was written, not checked yet. */
export interface WrittenDocument {
  value: unknown;
  /** Where a field stands, or where its nearest parent does: `file:line:column`. */
  at: (path: readonly PropertyKey[]) => string;
}

/** Something wrong in a file. */
export interface FileProblem {
  at: string;
  message: string;
  hint?: string | undefined;
}

/** The documents of a YAML or JSON text, which may hold many, also as a list. JSON is YAML. */
export function readDocuments({ name, text }: Source): {
  documents: WrittenDocument[];
  problems: FileProblem[];
} {
  const lines = new LineCounter();
  const position = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return `${name}:${line}:${col}`;
  };
  const options = { lineCounter: lines, prettyErrors: false, merge: true };
  const parsed = parseAllDocuments(text, options) as Document.Parsed[];
  const problems = parsed
    // A warning is of a tag or directive that means nothing here: !env or !vault would be taken for plain text.
    .flatMap(({ errors, warnings }) => [...errors, ...warnings].slice(0, 1))
    .map(({ message, pos }) => ({
      at: position(pos[0]),
      message: `this is no YAML: ${message}`,
    }));
  const documents: WrittenDocument[] = [];
  for (const { root, document } of problems.length > 0 ? [] : parsed.flatMap(rootsIn)) {
    const at = (path: readonly PropertyKey[]) => position(nearest(root, path).range?.[0] ?? 0);
    try {
      documents.push({ value: root.toJS(document), at });
    } catch (error) {
      // Such as a bomb of aliases, or a merge key that names no map.
      return { documents: [], problems: [{ at: at([]), message: (error as Error).message }] };
    }
  }
  return { documents, problems };
}

function rootsIn(document: Document.Parsed): { root: ParsedNode; document: Document.Parsed }[] {
  const { contents } = document;
  if (contents === null || (isScalar(contents) && contents.value === null)) return [];
  const roots = isSeq<ParsedNode>(contents) ? contents.items : [contents];
  return roots.map((root) => ({ root, document }));
}

/** The node at a path, or the last one on the way to it. A field is where its name begins. */
function nearest(root: Node, path: readonly PropertyKey[]): Node {
  let [found, within]: [Node, unknown] = [root, root];
  for (let rest = path.map(String); rest.length > 0; ) {
    const next = child(within, rest);
    if (!next) break;
    ({ found, within } = next);
    rest = rest.slice(next.used);
  }
  return found;
}

/** A key may hold dots itself, and so be several parts of a path. */
function child(node: unknown, path: string[]): { found: Node; within: unknown; used: number } | undefined {
  if (isSeq<Node>(node)) {
    const item = node.items[Number(path[0])];
    return item && { found: item, within: item, used: 1 };
  }
  if (!isMap<Node, Node>(node)) return undefined;
  for (let used = path.length; used > 0; used--) {
    const name = path.slice(0, used).join('.');
    const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === name);
    if (pair) return { found: pair.key, within: pair.value, used };
  }
  return undefined;
}
