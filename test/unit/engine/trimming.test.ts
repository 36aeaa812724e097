/** Each case is a place (`|` is the cursor), what a model said there, and what is worth showing. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { surroundingsOf } from '../../../extension/engine/completion/surroundings.ts';
import {
  finishWatch,
  isFinished,
  trimCompletion,
} from '../../../extension/engine/completion/trimming/trim-completion.ts';

function around(place: string) {
  const cursor = place.indexOf('|');
  return surroundingsOf(place.slice(0, cursor), place.slice(cursor + 1));
}

function trimmed(place: string, generated: string, ranOut = false): string {
  return trimCompletion(generated, around(place), ranOut).text;
}

/** The line after accepting. */
function accepted(place: string, generated: string): string {
  const { text, overlap } = trimCompletion(generated, around(place), false);
  const cursor = place.indexOf('|');
  return place.slice(0, cursor) + text + place.slice(cursor + 1 + overlap);
}

describe('white space', () => {
  test('trailing blank lines and spaces go', () => {
    assert.equal(trimmed('x = |', '1  \n\n\n'), '1');
  });
  test('blank text is nothing', () => {
    assert.equal(trimmed('x = 1\n|', '   \n\n'), '');
  });
  test('blank text between two pieces of code is nothing', () => {
    assert.equal(trimmed('x =| = 1;', '  '), '');
  });
  test('a leading line feed stays', () => {
    assert.equal(trimmed('def f():|', '\n    return 1\n'), '\n    return 1');
  });
});

describe('closers right of the cursor', () => {
  test('a closer said again replaces the one that stands there', () => {
    assert.equal(accepted('foo(|)', 'a, b)'), 'foo(a, b)');
    const { text, overlap } = trimCompletion('a, b)', around('foo(|)'), false);
    assert.deepEqual({ text, overlap }, { text: 'a, b)', overlap: 1 });
  });
  test('a closer not said again stays', () => {
    assert.equal(accepted('foo(|)', 'a, b'), 'foo(a, b)');
  });
  test('brackets opened inside the text are its own', () => {
    assert.equal(accepted('foo(|)', 'bar(a), b)'), 'foo(bar(a), b)');
    assert.equal(accepted('foo(|)', 'bar(a)'), 'foo(bar(a))');
  });
  test('closers and separator together', () => {
    assert.equal(accepted('foo(|);', 'a);'), 'foo(a);');
    assert.equal(accepted('foo([|]);', '1, 2]'), 'foo([1, 2]);');
    assert.equal(accepted('log(ar|);', 'ea(5, 3)); // Output: 15\n'), 'log(area(5, 3)); // Output: 15');
    assert.equal(accepted('foo(|);', 'a; b) // both\n'), 'foo(a; b) // both;');
  });
  test('only the closers that are said', () => {
    assert.equal(accepted('foo(bar(|))', 'x)'), 'foo(bar(x))');
  });
  test('the closing quote', () => {
    assert.equal(accepted('open("|")', 'data.json")'), 'open("data.json")');
    assert.equal(accepted("open('|')", 'data.json'), "open('data.json')");
  });
  test('a separator inside the text is not the one behind it', () => {
    assert.equal(accepted('[|, c]', 'a, b'), '[a, b, c]');
  });
  test('text that says only what stands there is nothing', () => {
    assert.equal(trimmed('foo(a|)', ')'), '');
    assert.equal(trimmed('foo(a|);', ');'), '');
  });
});

describe('superfluous closers', () => {
  test('one that nothing opened ends the text', () => {
    assert.equal(trimmed('x = |', 'a)'), 'a');
    assert.equal(trimmed('foo(|)', 'a))'), 'a)');
  });
  test('one that the suffix closes ends the text', () => {
    assert.equal(trimmed('if (a) {\n  |\n}', 'b();\n}\n\nfunction c() {\n'), 'b();');
  });
  test('a lone one is a guess where the document is too long to know', () => {
    const long = 'a = 1;\n'.repeat(3_000);
    assert.equal(trimmed(`${long}if (a) {\n  b();\n|\n`, '}'), '');
    assert.equal(trimmed(`${long}if (a) {\n  |\n`, 'b();\n}'), 'b();\n}');
    assert.equal(trimmed(`${long}if (a) {\n  b()|\n`, ';'), ';');
  });
  test('one that is missing stays', () => {
    assert.equal(trimmed('if (a) {\n  |\n', 'b();\n}'), 'b();\n}');
    assert.equal(trimmed('print(|\n', 'a)'), 'a)');
  });
  test('brackets in strings do not count', () => {
    assert.equal(trimmed('x = |', '":)"'), '":)"');
    assert.equal(trimmed('puts ")" + foo(|', 'a)'), 'a)');
  });
  test('an apostrophe in a comment opens no string', () => {
    assert.equal(trimmed("// don't\nfoo(|", 'a)'), 'a)');
  });
});

describe('lines that follow anyway', () => {
  test('text that repeats the next line is nothing', () => {
    assert.equal(trimmed('a = 1\n|\nreturn a + b', 'return a + b\n'), '');
  });
  test('text is cut where it reaches the next line', () => {
    assert.equal(trimmed('def f(a):\n    |\n    return a\n', 'a += 1\n    return a\n'), 'a += 1');
  });
  test('a closing bracket counts only at its own indentation', () => {
    const place = 'f(() => {\n  g(() => {|\n});\n';
    assert.equal(trimmed(place, '\n    h();\n  });\n'), '\n    h();\n  });');
  });
  test('the rest of a half-typed line that stands below is nothing', () => {
    assert.equal(trimmed('  ret|\n  return a;\n', 'urn a;'), '');
  });
});

describe('comments and long strings', () => {
  test('one that the suffix ends is not ended by the text', () => {
    const place = '/**\n * |\n * @returns nothing\n */\n';
    assert.equal(trimmed(place, 'Adds.\n * @param a one\n */\nfunction add(a) {'), 'Adds.\n * @param a one');
    assert.equal(isFinished('Adds.\n */\n', around(place)), true);
    assert.equal(trimmed('"""|\n\nMore.\n"""\n', 'Adds."""\n'), 'Adds.');
  });
  test('one that nothing ends may be ended', () => {
    assert.equal(trimmed('/** |\n/** b */\n', 'a */'), 'a */');
    assert.equal(trimmed('/** a */\n|\n', '/** b */'), '/** b */');
    assert.equal(trimmed("glob('src/**/*.ts');\n|\n/** b */", '/** a */'), '/** a */');
    assert.equal(trimmed('"""|\n', 'Adds."""\n'), 'Adds."""');
  });
  test('one that the text begins and does not end goes', () => {
    assert.equal(trimmed('|', 'a();\n/**\n * Adds.'), 'a();');
    assert.equal(trimmed('|', '/** Adds.'), '');
    assert.equal(trimmed('|', 'a();\n/** Adds. */\nb();'), 'a();\n/** Adds. */\nb();');
    assert.equal(trimmed('|', "glob('src/*.ts');"), "glob('src/*.ts');");
  });
  test('a last line that only begins one goes', () => {
    assert.equal(trimmed('|', 'a = 1\n# b\n#\n'), 'a = 1\n# b');
    assert.equal(trimmed('|', 'a();\n\n/**\n *\n'), 'a();');
    assert.equal(trimmed('|', 'a--;\nb *= 2;\n'), 'a--;\nb *= 2;');
    assert.equal(trimmed('|', '/*\n * a\n */'), '/*\n * a\n */');
  });
});

describe('inside a line', () => {
  test('only the first line counts', () => {
    assert.equal(trimmed('const x = | + b;', 'a\nfoo();\n'), 'a');
  });
  test('the rest of the line is not said twice', () => {
    assert.equal(accepted('const x = |+ b;', 'a + b;'), 'const x = a + b;');
    assert.equal(accepted('const x = | + b;', 'a + b;'), 'const x = a + b;');
    assert.equal(trimmed('const x = |foo(b);', 'foo(b);'), '');
  });
  test('the beginning of the rest is not said twice', () => {
    assert.equal(accepted('if (|name in items) {', 'has && name'), 'if (has && name in items) {');
  });
});

describe('the end of the block', () => {
  test('a line indented less ends the text', () => {
    assert.equal(trimmed('def f():\n    x = 1\n    |\n', 'return x\n\ndef g():\n    pass'), 'return x');
  });
  test('a block opened behind the cursor ends beside its header', () => {
    assert.equal(trimmed('def f():|', '\n    return 1\n\nprint(f())\n'), '\n    return 1');
  });
  test('else, catch and closing brackets carry on', () => {
    const text = '\n  b();\n} else {\n  c();\n}';
    assert.equal(trimmed('if (a) {|', `${text}\nd();`), text);
  });
  test('a text that begins with closing the block ends with it', () => {
    assert.equal(trimmed('if (a) {\n  b();\n|\n', '}\n\nfunction c() {\n  d();\n}'), '}');
    assert.equal(trimmed('f(() => {\n  if (a) {\n    b();\n  |\n', '}\n});\n\ng();'), '}\n});');
    assert.equal(trimmed('if (a) {\n  b();\n|\n', '} else {\n  c();\n}\nd();'), '} else {\n  c();\n}\nd();');
  });
  test('statements beside the cursor are welcome', () => {
    assert.equal(trimmed('    a = 1\n    |\n', 'b = 2\n    c = 3'), 'b = 2\n    c = 3');
  });
});

describe('running in circles', () => {
  test('a repeated line is said once', () => {
    assert.equal(trimmed('|', 'foo();\nfoo();\nfoo();\nfoo();\n'), 'foo();');
  });
  test('so is a repeated group of lines', () => {
    assert.equal(trimmed('|', 'a();\nb();\na();\nb();\na();\nb();\n'), 'a();\nb();');
  });
  test('and a repeated piece of a line', () => {
    assert.equal(trimmed('x = |', 'self.self.self.self.self.self.'), 'self.');
  });
  test('a statement is not said twice in a row', () => {
    assert.equal(trimmed('  |\n', 'this.a = a;\n  this.a = a;\n  this.b = b;'), 'this.a = a;');
  });
  test('a group of lines is said once when one of them is more than a word', () => {
    const group = '/** Of them. */\nconst n = 3;\n';
    assert.equal(trimmed('|', `${group}\n${group}`), group.trimEnd());
    assert.equal(trimmed('|', 'a();\nb();\na();\nb();'), 'a();\nb();\na();\nb();');
  });
  test('the line above the cursor is not said again', () => {
    assert.equal(trimmed('  this.a = a;\n  |\n', 'this.a = a;'), '');
    assert.equal(trimmed('  this.a = a;|\n', '\n  this.a = a;\n  this.b = b;'), '');
    assert.equal(trimmed('  this.a = a;\n  |\n', 'this.b = b;\n  this.a = a;'), 'this.b = b;\n  this.a = a;');
    assert.equal(trimmed('  f();\n  |\n', 'f();'), 'f();');
    assert.equal(trimmed('  first: one,\n  |\n', 'first: one\n}'), '');
  });
  test('half a line in circles goes where there are whole ones', () => {
    const circle = 'the name of '.repeat(8);
    assert.equal(trimmed('|', `a = 1\nb = ${circle}`), 'a = 1');
    assert.equal(trimmed('|', `\nb = ${circle}`), '\nb = the name of');
  });
  test('two short lines are no circle, and a ruler is none', () => {
    assert.equal(trimmed('|', 'foo();\nfoo();\nbar();'), 'foo();\nfoo();\nbar();');
    assert.equal(trimmed('# |', '='.repeat(40)), '='.repeat(40));
  });
});

describe('a limit was reached', () => {
  test('the last of several lines may be half a line and goes', () => {
    assert.equal(trimmed('|', 'foo();\nbar();\nbaz(', true), 'foo();\nbar();');
  });
  test('a single line stays', () => {
    assert.equal(trimmed('|', 'foo(', true), 'foo(');
    assert.equal(trimmed('if a:|', '\n    foo(', true), '\n    foo(');
  });
});

describe('the spelling of a control token', () => {
  const end = '<|endoftext|>';

  test('ends what is shown', () => {
    assert.equal(trimmed('x = |', '1</s>\ny = 2'), '1');
    assert.equal(trimmed('x = |', `1${end}y = 2\n`), '1');
    assert.equal(trimmed('# |', `says x</s>\n`), 'says x');
  });
  test('ends a string that nothing else ends', () => {
    assert.equal(trimmed('x = "|', `abc${end}\ny = 2\n`), 'abc');
    assert.equal(trimmed('x = |', `"abc${end}`), '"abc');
    assert.equal(trimmed('x = |', '"</s>\ny = "1"'), '"');
  });
  test('is a part of the program in a string that ends on its line', () => {
    assert.equal(trimmed('stop = |', `["${end}", '</s>'];\n`), `["${end}", '</s>'];`);
    assert.equal(
      trimmed('ends = |', '["</s>", \'<unk>\', `<|im_end|>`]'),
      '["</s>", \'<unk>\', `<|im_end|>`]',
    );
    assert.equal(trimmed('stop = "<|', `|endoftext|>";\n`), `|endoftext|>";`);
  });
  test('is text in a comment where quotes enclose it', () => {
    assert.equal(trimmed('// |', `what ends at \`${end}\` ends\n`), `what ends at \`${end}\` ends`);
    assert.equal(trimmed("// it's |", `what ends at ${end}\n`), 'what ends at');
  });
  test('ends generating, but not before it is known where it stands', () => {
    assert.equal(finishWatch(around('x = |'))(`1${end}`), true);
    const isDone = finishWatch(around('x = |'));
    assert.equal(isDone(`["${end}`), false);
    assert.equal(isDone(`["${end}"];`), false);
    assert.equal(isDone(`["${end}"] </s>`), true);
    assert.equal(isDone(`["${end}"];\n`), false);
    assert.equal(finishWatch(around('x = |'))(`["${end}\n`), true);
  });
});

describe('generating can end', () => {
  test('as soon as everything further would be cut away', () => {
    const place = around('def f():\n    x = 1\n    |\n');
    assert.equal(isFinished('return x\n', place), false);
    assert.equal(isFinished('return x\n\n', place), false);
    assert.equal(isFinished('return x\n\nd', place), true);
  });
  test('not while a line may still become another', () => {
    const place = around('if (a) {\n  |\n  return b;\n}');
    assert.equal(isFinished('return b;', place), false);
    assert.equal(isFinished('return b;\n', place), true);
  });
  test('inside a line only where it makes no sense', () => {
    const isDone = finishWatch(around('x = |'));
    assert.equal(isDone('self.'), false);
    assert.equal(isDone('self.self.self.'), false);
    assert.equal(isDone('self.self.self.self.self.self.'), true);
    assert.equal(finishWatch(around('x = |'))('1<|endoftext|>'), true);
  });
  test('at the line feed behind which nothing is wanted', () => {
    const isDone = finishWatch(around('if (a) {\n  |\n  return b;\n}'));
    assert.equal(isDone('return'), false);
    assert.equal(isDone('return b;'), false);
    assert.equal(isDone('return b;\n'), true);
  });
  test('not inside half a string', () => {
    assert.equal(isFinished('":)', around('x = |')), false);
  });
});
