/** Prompts, stops and programs, word for word, on invented tasks. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, suite, test } from 'node:test';
import {
  chatCompletion,
  chatPrompt,
  chatStops,
} from '../../../../../extension/engine/evaluation/programs/chat-form.ts';
import { readHumanEvalTasks } from '../../../../../extension/engine/evaluation/programs/human-eval-tasks.ts';
import { readInfillingTasks } from '../../../../../extension/engine/evaluation/programs/infilling-tasks.ts';
import { readMbppTasks } from '../../../../../extension/engine/evaluation/programs/mbpp-tasks.ts';
import { cutAtStops } from '../../../../../extension/engine/evaluation/programs/stops.ts';
import {
  askedOf,
  programOf,
  type Form,
  type ProgramTask,
} from '../../../../../extension/engine/evaluation/programs/task.ts';
import { humanEvalFile, humanEvalRow, mbppFile, mbppRow } from './suites.ts';

function asked(task: ProgramTask, form: Form): string {
  return askedOf(task, form).prompt;
}

const folder = mkdtempSync(join(tmpdir(), 'hotset-tasks-'));
after(() => {
  rmSync(folder, { recursive: true });
});

suite('HumanEval', () => {
  const set = readHumanEvalTasks(humanEvalFile(folder));
  const [task] = set.tasks;
  assert.ok(task !== undefined);

  test('the prompt is as given, and the program that of the original evaluator', () => {
    assert.equal(asked(task, 'continuation'), humanEvalRow.prompt);
    assert.equal(
      programOf(task, '    return 2 * x', 'continuation'),
      `${humanEvalRow.prompt}    return 2 * x\n${humanEvalRow.test}\ncheck(double)`,
    );
  });

  test('it ends where something else than the body begins', () => {
    assert.deepEqual(set.stops, ['\nclass', '\ndef', '\n#', '\nif', '\nprint']);
    const text = '    # twice\n    if x: return x + x\n\nprint(double(2))\ndef other(): pass';
    const cut = cutAtStops(text, set.stops);
    assert.deepEqual(cut, { text: '    # twice\n    if x: return x + x\n', isCut: true });
    assert.deepEqual(cutAtStops('    return 1', set.stops), { text: '    return 1', isCut: false });
  });

  test('an assistant’s answer stands alone, and is asked for without blanks around the prompt', () => {
    assert.equal(asked(task, 'chat'), humanEvalRow.prompt.trim());
    assert.equal(
      programOf(task, 'def double(x): return 2*x', 'chat'),
      `def double(x): return 2*x\n${task.tests}`,
    );
  });

  test('invented tasks are not taken for the published ones', () => {
    assert.equal(set.isPublished, false);
  });

  const bad = {
    'a row without a field': { ...humanEvalRow, test: undefined },
    'a function that is none': { ...humanEvalRow, entry_point: 'f)(' },
  };
  for (const [name, row] of Object.entries(bad)) {
    test(`${name} is refused in one line that names the file`, () => {
      const other = mkdtempSync(join(folder, 'bad-'));
      assert.throws(
        () => readHumanEvalTasks(humanEvalFile(other, [row])),
        ({ message }: Error) => message.startsWith(other) && !message.includes('\n'),
      );
    });
  }
});

suite('infilling', () => {
  const row = {
    ...humanEvalRow,
    prompt: `${humanEvalRow.prompt}    y = x\n`,
    canonical_solution: '    y += x\n',
    suffix: '    return y\n',
  };
  const [task] = readInfillingTasks(humanEvalFile(mkdtempSync(join(folder, 'infilling-')), [row])).tasks;
  assert.ok(task !== undefined);

  test('the line stands between what the model sees, less what it replaces', () => {
    assert.deepEqual(task.asked, {
      infilling: { prompt: row.prompt, head: row.prompt, canonical: '    y += x' },
    });
    const whole = `${row.prompt}    y = 2 * x\n    return y\n\n${row.test}\ncheck(double)\n`;
    assert.equal(programOf(task, '    y = 2 * x', 'infilling'), whole);
    assert.equal(programOf(task, '    y = 2 * x\n', 'infilling', 1), whole);
  });
});

suite('MBPP', () => {
  const rows = [1, 2, 3, 4, 10, 11, 510, 511].map((id) => mbppRow(id));
  const set = readMbppTasks(mbppFile(folder, rows));
  const [task] = set.tasks;
  assert.ok(task !== undefined);

  test('tasks 11 to 510 are asked for', () => {
    assert.deepEqual(
      set.tasks.map(({ id }) => id),
      ['Mbpp/11', 'Mbpp/510'],
    );
    assert.equal(set.name, 'MBPP');
  });

  test('behind the solved tasks 2, 3 and 4', () => {
    const asking = (id: number) =>
      `You are an expert Python programmer, and here is your task: Write a function f${id} that returns ${id}. Your code should pass these tests:\n\nassert f${id}() == ${id}\nassert f${id}() > 0\n[BEGIN]\n`;
    const shots = [2, 3, 4].map((id) => `${asking(id)}def f${id}():\n  return ${id}\n[DONE]\n\n`);
    assert.equal(asked(task, 'continuation'), `${shots.join('')}${asking(11)}`);
    assert.deepEqual(cutAtStops('def f11(): return 11\n[DONE]\n\nYou are', set.stops), {
      text: 'def f11(): return 11\n',
      isCut: true,
    });
  });

  test('an assistant is shown the first test', () => {
    assert.equal(asked(task, 'chat'), '"""\nWrite a function f11 that returns 11.\nassert f11() == 11\n"""');
  });

  test('what sets the tests up runs behind the code, which it needs', () => {
    const setUp = { ...mbppRow(11), test_setup_code: 'x = f11()', test_list: ['assert x == 11'] };
    const [one] = readMbppTasks(
      mbppFile(folder, [2, 3, 4].map((id) => mbppRow(id)).concat(setUp), 'setup.jsonl'),
    ).tasks;
    assert.ok(one !== undefined);
    assert.equal(
      programOf(one, 'def f11(): return 11', 'continuation'),
      'def f11(): return 11\nx = f11()\nassert x == 11',
    );
  });

  test('the sanitized tasks are an array with other names', () => {
    const sanitized = [2, 3, 4, 11].map((id) => {
      const { text, test_setup_code: _setup, ...row } = mbppRow(id);
      return { ...row, prompt: text, test_imports: ['import math'] };
    });
    const path = join(folder, 'sanitized.json');
    writeFileSync(path, JSON.stringify(sanitized));
    const { name, tasks } = readMbppTasks(path);
    assert.equal(name, 'MBPP sanitized');
    assert.equal(tasks[0] && asked(tasks[0], 'continuation'), asked(task, 'continuation'));
    assert.equal(tasks[0]?.tests, 'import math\nassert f11() == 11\nassert f11() > 0');
  });

  test('a file without a task that prompts show is refused', () => {
    const path = mbppFile(folder, [mbppRow(2), mbppRow(4), mbppRow(11)], 'few.jsonl');
    assert.throws(() => readMbppTasks(path), /has no task 3, which every prompt shows/);
  });
});

suite('the assistant’s form', () => {
  const controls = ['<|im_start|>', '<|im_end|>'];
  /** A token for each control, and one for each character of text. */
  const tokenize = (text: string, parseSpecial: boolean) =>
    parseSpecial && controls.includes(text)
      ? Int32Array.of(-1 - controls.indexOf(text))
      : Int32Array.from(text, (character) => character.codePointAt(0) ?? 0);
  const spelled = (tokens: Int32Array) =>
    [...tokens].map((token) => (token < 0 ? controls[-1 - token] : String.fromCodePoint(token))).join('');

  test('is the one that Qwen2.5-Coder’s makers publish', () => {
    assert.equal(
      spelled(chatPrompt({ tokenize }, 'def f(): pass')),
      '<|im_start|>system\nYou are an intelligent programming assistant to produce Python algorithmic solutions<|im_end|>\n' +
        '<|im_start|>user\nCan you complete the following Python function?\n```python\ndef f(): pass\n```\n<|im_end|>\n' +
        '<|im_start|>assistant\n```python\n',
    );
    assert.equal(chatCompletion('if x:\n\treturn'), 'if x:\n    return');
    assert.equal(cutAtStops('x = 1\n```\nThis', chatStops).text, 'x = 1');
  });

  test('control tokens that a task spells out stay text', () => {
    const tokens = chatPrompt({ tokenize }, '<|im_end|>');
    assert.equal(tokens.filter((token) => token === -2).length, 2);
  });

  test('a model without such tokens is refused', () => {
    const plain = (text: string) => tokenize(text, false);
    assert.throws(() => chatPrompt({ tokenize: plain }, 'x'), /has no token <\|im_start\|>/);
  });
});
