import { Environment } from '@marcbachmann/cel-js';
import { evaluate, parse } from 'cel-js';
import { LogicEngine } from 'json-logic-engine';
import { Engine as RulesEngine, type TopLevelCondition } from 'json-rules-engine';
import { Query as MingoQuery } from 'mingo';
import siftModule from 'sift';
import { type Condition, toConditions } from './conditions.ts';
import type { Engine } from './engine.ts';
import type { WireEvent } from './events.ts';
import type { Automation } from './workload.ts';

/** The npm engines, each used as its own documentation does: one compiled rule an automation, tried in turn. */
export const peers: Record<string, () => Engine> = {
  'json-logic-engine': () => tryEach('json-logic-engine', jsonLogicRules()),
  mingo: () =>
    tryEach(
      'mingo',
      mongoRules((query) => mingoTest(query)),
    ),
  sift: () =>
    tryEach(
      'sift',
      mongoRules((query) => sift(query)),
    ),
  '@marcbachmann/cel-js': () => tryEach('@marcbachmann/cel-js', celRules()),
  'cel-js': () => tryEach('cel-js', chevrotainRules()),
  'json-rules-engine': jsonRulesEngine,
};

// sift's types describe its ESM form, Node loads its CommonJS one.
const sift = siftModule as unknown as (query: Query) => Rule;

type Rule = (event: WireEvent) => boolean;

function tryEach(name: string, compile: (conditions: Condition[]) => Rule): Engine {
  let rules: { id: string; test: Rule }[] = [];
  return {
    name,
    load: (automations) => {
      rules = automations.map((automation) => ({
        id: automation.id,
        test: compile(toConditions(automation)),
      }));
    },
    match: (event) => {
      const matched: string[] = [];
      for (const { id, test } of rules) if (test(event)) matched.push(id);
      return matched;
    },
  };
}

type Query = Record<string, unknown>;

function mongoRules(compile: (query: Query) => (event: WireEvent) => boolean) {
  return (conditions: Condition[]): Rule =>
    compile(
      Object.fromEntries(conditions.map((condition) => [condition.path.join('.'), mongoTest(condition)])),
    );
}

function mingoTest(query: Query): Rule {
  const compiled = new MingoQuery(query);
  return (event) => compiled.test(event as object as Query);
}

function mongoTest(condition: Condition): unknown {
  switch (condition.op) {
    case 'equals':
      return condition.value;
    case 'prefix':
      return { $regex: new RegExp(`^${condition.value}`) };
    case 'suffix':
      return { $regex: new RegExp(`${condition.value}$`) };
    case 'contains':
      return { $regex: new RegExp(condition.value) };
    case 'in':
      return { $in: condition.values };
    case '>':
      return { $gt: condition.value };
    case '<':
      return { $lt: condition.value };
  }
}

const isPrefix = (value: unknown, wanted: string) => typeof value === 'string' && value.startsWith(wanted);
const isSuffix = (value: unknown, wanted: string) => typeof value === 'string' && value.endsWith(wanted);
const isPart = (value: unknown, wanted: string) => typeof value === 'string' && value.includes(wanted);

function jsonLogicRules() {
  const engine = new LogicEngine();
  const addTest = (name: string, test: (value: unknown, wanted: string) => boolean) =>
    engine.addMethod(name, ([value, wanted]: [unknown, string]) => test(value, wanted));
  addTest('startsWith', isPrefix);
  addTest('endsWith', isSuffix);
  return (conditions: Condition[]): Rule =>
    engine.build({ and: conditions.map(jsonLogicTest) }) as unknown as Rule;
}

function jsonLogicTest(condition: Condition): object {
  const value = { var: condition.path.join('.') };
  switch (condition.op) {
    case 'equals':
      return { '===': [value, condition.value] };
    case 'prefix':
      return { startsWith: [value, condition.value] };
    case 'suffix':
      return { endsWith: [value, condition.value] };
    case 'contains':
      return { in: [condition.value, value] };
    case 'in':
      return { in: [value, condition.values] };
    case '>':
      return { '>': [value, condition.value] };
    // A missing value is null, and null < 0.1 holds.
    case '<':
      return { '<': [{ var: [condition.path.join('.'), Number.MAX_VALUE] }, condition.value] };
  }
}

/** Both CEL engines see the event as `e`, because `type` is a function of CEL. */
function celRules() {
  const environment = new Environment({ unlistedVariablesAreDyn: true });
  const method = (value: string, name: string, argument: string) => `${value}.${name}(${argument})`;
  return (conditions: Condition[]): Rule => {
    const tests = conditions.flatMap((condition) => celTests(condition, method));
    const compiled = environment.parse(tests.join(' && '));
    return (event) => compiled({ e: event }) === true;
  };
}

/** cel-js has no methods of strings, but takes functions; its && tries both sides, its ?: only one. */
function chevrotainRules() {
  const functions = { startsWith: isPrefix, endsWith: isSuffix, contains: isPart };
  const call = (value: string, name: string, argument: string) => `${name}(${value}, ${argument})`;
  return (conditions: Condition[]): Rule => {
    const tests = conditions.flatMap((condition) => celTests(condition, call));
    const parsed = parse(tests.reduceRight((rest, test) => `${test} ? (${rest}) : false`, 'true'));
    if (!parsed.isSuccess) throw new Error(`cel-js refuses a rule: ${parsed.errors.join(', ')}`);
    return (event) => evaluate(parsed.cst, { e: event }, functions) === true;
  };
}

type Call = (value: string, name: string, argument: string) => string;

const celFunctions = { prefix: 'startsWith', suffix: 'endsWith', contains: 'contains' };

function celTests(condition: Condition, call: Call): string[] {
  if (condition.op === '>' || condition.op === '<') {
    const metric = JSON.stringify(condition.path.at(-1));
    const metrics = 'e.points[0].metrics';
    // A whole number would be an int in CEL, and an int does not compare with a double.
    return [`${metric} in ${metrics}`, `${metrics}[${metric}] ${condition.op} ${condition.value.toFixed(6)}`];
  }
  const value = `e.${condition.path.join('.')}`;
  // CEL fails on a field that is missing, and an event is either in a project or in a registry.
  const isOptional = ['project', 'registry'].includes(condition.path.join('.'));
  return [...(isOptional ? [`has(${value})`] : []), celTextTest(condition, value, call)];
}

type TextCondition = Exclude<Condition, { value: number }>;

function celTextTest(condition: TextCondition, value: string, call: Call): string {
  if (condition.op === 'in') return `${value} in ${JSON.stringify(condition.values)}`;
  const wanted = JSON.stringify(condition.value);
  return condition.op === 'equals'
    ? `${value} == ${wanted}`
    : call(value, celFunctions[condition.op], wanted);
}

function jsonRulesEngine(): Engine {
  let engine = new RulesEngine();
  return {
    name: 'json-rules-engine',
    load: (automations) => {
      engine = new RulesEngine([], { allowUndefinedFacts: true });
      engine.addOperator('startsWith', isPrefix);
      engine.addOperator('endsWith', isSuffix);
      engine.addOperator('includes', isPart);
      for (const automation of automations) engine.addRule(rulesEngineRule(automation));
    },
    match: async (event) => {
      const { events } = await engine.run(event);
      return events.map(({ type }) => type);
    },
  };
}

function rulesEngineRule(automation: Automation) {
  const all = toConditions(automation).map((condition) => {
    const [fact = '', ...rest] = condition.path;
    const path = rest.length > 0 ? { path: `$${rest.map((part) => `['${part}']`).join('')}` } : {};
    const value = 'values' in condition ? condition.values : condition.value;
    return { fact, ...path, operator: rulesEngineOperators[condition.op], value };
  });
  return { conditions: { all } as TopLevelCondition, event: { type: automation.id } };
}

const rulesEngineOperators = {
  equals: 'equal',
  prefix: 'startsWith',
  suffix: 'endsWith',
  contains: 'includes',
  in: 'in',
  '>': 'greaterThan',
  '<': 'lessThan',
};
