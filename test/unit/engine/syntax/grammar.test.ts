/** What grammars say of brackets, comments and strings. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { grammarFor } from '../../../../extension/engine/syntax/grammars.ts';
import { grammarNameOf, grammarNames } from '../../../../extension/engine/syntax/languages.ts';
import { literalAt, type Reading } from '../../../../extension/engine/syntax/reading.ts';

/** `|` is where the text that is read ends and begins. */
async function readingOf(languageId: string, before: string, text = '', after = ''): Promise<Reading> {
  const grammar = await grammarFor({ languageId });
  assert.ok(grammar !== null);
  const reading = grammar.read(before, text, after);
  assert.ok(reading !== null);
  return reading;
}

function bracketsOf({ brackets }: Reading): string {
  return brackets.map(({ opener, opens }) => `${opens ? '+' : '-'}${opener}`).join(' ');
}

describe('which grammar', () => {
  test("the language identifier counts more than the path's extension", () => {
    assert.equal(grammarNameOf({ languageId: 'python', path: 'a.ts' }), 'python');
    assert.equal(grammarNameOf({ languageId: 'plaintext', path: 'a.ts' }), null);
    assert.equal(grammarNameOf({ path: 'src/Main.CPP' }), 'cpp');
    assert.equal(grammarNameOf({ path: null }), null);
  });

  test('every grammar is there and reads', async () => {
    const ids = [
      'shellscript',
      'csharp',
      'c',
      'go',
      'java',
      'javascriptreact',
      'php',
      'python',
      'ruby',
      'rust',
    ];
    const names = new Set<string>();
    for (const languageId of [...ids, 'typescriptreact', 'typescript']) {
      const grammar = await grammarFor({ languageId });
      assert.equal(bracketsOf(await readingOf(languageId, 'f(a)')), '+( -(');
      names.add(grammar?.name ?? '');
    }
    assert.deepEqual([...names].sort(), [...grammarNames].sort());
  });
});

describe('brackets', () => {
  test('those in comments, strings, regular expressions and characters are none', async () => {
    const code = "// 1) read\nconst r = /[)\\]]/g, s = ')', t = `(${a})`;";
    assert.equal(bracketsOf(await readingOf('typescript', code)), '+{ -{');
    assert.equal(
      bracketsOf(await readingOf('rust', "fn f<'a>(c: &'a char) -> bool { *c == '(' }")),
      '+( -( +{ -{',
    );
    assert.equal(bracketsOf(await readingOf('python', 'f"{d[\'a\']} (" # (')), '+{ +[ -[ -{');
  });

  test('that of a case in a shell script is none', async () => {
    assert.equal(bracketsOf(await readingOf('shellscript', 'case $1 in\n  a) b $(c) ;;\nesac\n')), '+( -(');
  });

  test('those that only are missing are none', async () => {
    assert.equal(bracketsOf(await readingOf('java', 'class A { void f() { g(1; }')), '+{ +( -( +{ +( -{');
  });
});

describe('comments and strings', () => {
  test('a place inside one', async () => {
    const code = 'a = "b" # c\n';
    const reading = await readingOf('python', code);
    assert.equal(literalAt(reading, code.indexOf('b'))?.kind, 'string');
    assert.equal(literalAt(reading, code.indexOf('c'))?.kind, 'comment');
    assert.equal(literalAt(reading, code.indexOf('=')), null);
    assert.equal(literalAt(reading, code.indexOf('"')), null);
  });

  test('what is computed inside a string is code', async () => {
    const code = 'const a = `b ${c + d} e`;';
    const reading = await readingOf('typescript', code);
    assert.equal(literalAt(reading, code.indexOf('+')), null);
    assert.equal(literalAt(reading, code.indexOf(' e'))?.kind, 'string');
  });
});

describe('reading again', () => {
  test('with a text in between says the same as reading the whole', async () => {
    const before = 'function f(a: string) {\n  ';
    const after = '\n}\n// (end)\n';
    for (const text of ['g("(");', 'if (a) {', '/* ( */ h([1]);\n  `${a}`;']) {
      const again = await readingOf('typescript', before, text, after);
      assert.deepEqual(again, await readingOf('typescript', before + text + after));
    }
  });

  test('PHP outside of its tag is read as code', async () => {
    const code = 'function f($a) {\n  return "(";\n}\n';
    assert.deepEqual(
      (await readingOf('php', code)).brackets.map(({ index }) => code.charAt(index)),
      ['(', ')', '{', '}'],
    );
  });

  test('places that make no sense', async () => {
    assert.deepEqual((await readingOf('python', 'x = 1\n')).faults, []);
    assert.notDeepEqual((await readingOf('python', 'x = "a"y = 2\n')).faults, []);
  });
});

describe('text that nobody would write', () => {
  test('is given up on, and for some time nothing more is tried', async (context) => {
    const grammar = await grammarFor({ languageId: 'shellscript' });
    assert.ok(grammar !== null);
    // A clock that goes on as it is looked at: how fast the machine is does not matter.
    let now = 10_000;
    context.mock.method(performance, 'now', () => now++);
    assert.equal(grammar.read('<'.repeat(24_000), '', ''), null);
    assert.equal(grammar.read('f(a)', '', ''), null);
    now += 10_000;
    assert.notEqual(grammar.read('f(a)', '', ''), null);
  });
});
