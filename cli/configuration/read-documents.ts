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
  const parsed = parseAllDocuments(text, { lineCounter: lines, prettyErrors: false }) as Document.Parsed[];
  const problems = parsed
    .flatMap(({ errors }) => errors.slice(0, 1))
    .map(({ message, pos }) => ({
      at: position(pos[0]),
      message: `this is no YAML: ${message}`,
    }));
  if (problems.length > 0) return { documents: [], problems };
  try {
    return { documents: parsed.flatMap((document) => documentsIn(document, position)), problems };
  } catch (error) {
    // Such as a bomb of aliases.
    return { documents: [], problems: [{ at: position(0), message: (error as Error).message }] };
  }
}

function documentsIn(document: Document.Parsed, position: (offset: number) => string): WrittenDocument[] {
  const { contents } = document;
  if (contents === null || (isScalar(contents) && contents.value === null)) return [];
  const roots = isSeq<ParsedNode>(contents) ? contents.items : [contents];
  return roots.map((root) => ({
    value: root.toJS(document),
    at: (path) => position(nearest(root, path).range?.[0] ?? 0),
  }));
}

/** The node at a path, or the last one on the way to it. A field is where its name begins. */
function nearest(root: Node, path: readonly PropertyKey[]): Node {
  let [found, within]: [Node, unknown] = [root, root];
  for (const part of path) {
    const next = child(within, part);
    if (!next) break;
    [found, within] = next;
  }
  return found;
}

function child(node: unknown, part: PropertyKey): [shown: Node, within: unknown] | undefined {
  if (isMap<Node, Node>(node)) {
    const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === String(part));
    return pair && [pair.key, pair.value];
  }
  const item = isSeq<Node>(node) ? node.items[Number(part)] : undefined;
  return item && [item, item];
}
