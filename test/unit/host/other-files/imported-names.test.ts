/** Where documents say what they import. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { importedNames } from '../../../../extension/host/other-files/imported-names.ts';

/** Each with the text that stands where the editor is asked. */
function asked(text: string, languageId: string): string[] {
  return importedNames(text, languageId).map(({ name, offset }) => {
    const said = /^[\w$@#/.-]+/.exec(text.slice(offset))?.[0] ?? '';
    return name === null ? `all at ${said}` : `${name} at ${said}`;
  });
}

const cases: { name: string; languageId: string; text: string; expected: string[] }[] = [
  {
    name: 'names and whole modules of scripts, but none that a relative path leads to',
    languageId: 'typescript',
    text: [
      "import { one, type Two, three as four } from '@app/shapes';",
      "import main, {\n  five,\n} from 'lib';",
      "import * as all from '#inside';",
      "import whole from 'whole';",
      "export { six } from '@app/six';",
      "export * from 'seven';",
      "import { near } from './near';",
      "import nearest from '../nearest';",
      "import './effect';",
      "const text = 'import { no } from nowhere';",
      "const value = 1;\nlet x = lookFrom('a');",
    ].join('\n'),
    expected: [
      ...['one at one', 'Two at Two', 'three at three', 'five at five', 'all at #inside'],
      ...['all at whole', 'six at six', 'all at seven'],
    ],
  },
  {
    name: 'of Python',
    languageId: 'python',
    text: 'import a.b.module\nfrom pkg.mod import one, two as three\nfrom pkg import (\n  four,\n  five\n)\nfrom . import near\n',
    expected: ['all at module', 'one at one', 'two at two', 'four at four', 'five at five'],
  },
  {
    name: 'of Go, alone and in brackets',
    languageId: 'go',
    text: 'package main\n\nimport "example.com/a/one"\nimport (\n\t"fmt"\n\tx "example.com/a/two"\n)\n',
    expected: ['all at example.com/a/one', 'all at fmt', 'all at example.com/a/two'],
  },
  {
    name: 'of Rust, but not the standard library’s',
    languageId: 'rust',
    text: 'use std::fmt::Debug;\nuse crate::shapes::Circle;\nuse super::{Square as S, inner::{Deep, self}};\n',
    expected: ['Circle at Circle', 'Square at Square', 'Deep at Deep'],
  },
  {
    name: 'of Java, but not its own',
    languageId: 'java',
    text: 'import java.util.List;\nimport com.example.Shape;\nimport static com.example.Areas.area;\n',
    expected: ['Shape at Shape', 'area at area'],
  },
  {
    name: 'of C#',
    languageId: 'csharp',
    text: 'using System.Text;\nusing Example.Shapes;\nglobal using static Example.Areas;\nusing var file = Open();\n',
    expected: ['all at Shapes', 'all at Areas'],
  },
  {
    name: 'of C++, but not the compiler’s',
    languageId: 'cpp',
    text: '#include <vector>\n#include "geometry/shape.h"\n',
    expected: ['all at geometry/shape.h'],
  },
  { name: 'of a language that is not known here', languageId: 'cobol', text: 'COPY SHAPES.\n', expected: [] },
];

for (const { name, languageId, text, expected } of cases) {
  test(`imports ${name}`, () => {
    assert.deepEqual(asked(text, languageId), expected);
  });
}

/** What tries every way to read it would not come to an end. */
test('long text without an end to its import names nothing', () => {
  for (const languageId of ['typescript', 'python', 'go', 'rust', 'java', 'csharp', 'cpp']) {
    for (const [text, times] of [
      ['import { a, ', 2_500],
      ['use a::b::', 3_000],
      ['from a import (', 2_000],
    ] as const) {
      assert.deepEqual(importedNames(text.repeat(times), languageId), []);
    }
  }
});
