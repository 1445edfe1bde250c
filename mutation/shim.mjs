// What the tests import from vitest, as far as those do that are run here: it only notes them down.

import {
  ASYMMETRIC_MATCHERS_OBJECT,
  chai,
  getState,
  JestAsymmetricMatchers,
  JestChaiExpect,
  JestExtend,
  setState,
} from '@vitest/expect';
import * as spies from '@vitest/spy';

chai.use(JestExtend);
chai.use(JestChaiExpect);
chai.use(JestAsymmetricMatchers);

export const expect = Object.assign(
  (value, message) => chai.expect(value, message),
  chai.expect,
  globalThis[ASYMMETRIC_MATCHERS_OBJECT],
  { getState: () => getState(expect), setState: (state) => setState(state, expect) },
);
setState({ assertionCalls: 0, isExpectingAssertions: false, expectedAssertionsNumber: null }, expect);

export const vi = spies;

const HOOKS = ['beforeAll', 'beforeEach', 'afterEach', 'afterAll'];
const newSuite = (name, parent) => ({
  name,
  parent,
  entered: false,
  ...Object.fromEntries(HOOKS.map((hook) => [hook, []])),
});

/** All tests, in the order they stand in. */
export const tests = [];
let suite = newSuite('');

/** What is noted from here on belongs to that file. */
export function beginFile(name) {
  suite = newSuite(name);
}

const hook = (name) => (action) => void suite[name].push(action);
export const beforeAll = hook('beforeAll');
export const beforeEach = hook('beforeEach');
export const afterEach = hook('afterEach');
export const afterAll = hook('afterAll');

const theFunction = (args) => args.find((arg) => typeof arg === 'function');

function withEach(note) {
  const each =
    (table) =>
    (name, ...rest) => {
      const action = theFunction(rest);
      const spread = table.every((row) => Array.isArray(row));
      for (const [i, row] of table.entries()) {
        const args = spread ? row : [row];
        note(`${name} [${i}]`, () => action(...args));
      }
    };
  return Object.assign(note, { each, concurrent: note });
}

export const describe = withEach((name, ...rest) => {
  const outer = suite;
  suite = newSuite(`${outer.name} > ${name}`, outer);
  theFunction(rest)();
  suite = outer;
});

export const test = withEach((name, ...rest) => {
  tests.push({ id: `${tests.length}: ${suite.name} > ${name}`, suite, action: theFunction(rest) });
});
export const it = test;
