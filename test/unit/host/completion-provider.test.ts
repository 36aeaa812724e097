import assert from 'node:assert/strict';
import { test } from 'node:test';
import type * as vscode from 'vscode';
import type { EligibilitySettings } from '../../../extension/host/completion/eligibility.ts';
import type { CompleteParams, CompleteResult } from '../../../extension/protocol/requests.ts';
import {
  CompletionScheduler,
  type SchedulerEngine,
  type SchedulerSettings,
} from '../../../extension/scheduling/completion-scheduler.ts';
import { completeResult } from '../complete-result.ts';
import {
  cursorIn,
  installFakeVscode,
  InlineCompletionTriggerKind,
  Position,
  Range,
  workspace,
} from './fake-vscode.ts';

installFakeVscode();
const { CompletionProvider } = await import('../../../extension/host/completion/completion-provider.ts');

type CompletionSettings = EligibilitySettings & SchedulerSettings & { readonly readsImports: boolean };

const settings: CompletionSettings = {
  isEnabled: true,
  isLanguageEnabled: (languageId) => languageId !== 'markdown',
  debounceMs: 0,
  maxTokens: 10,
  maxLines: 2,
  minimumConfidence: 0,
  readsImports: true,
};

const result: CompleteResult = {
  ...completeResult,
  text: 'items',
  evidence: { sumLogP: 0, minLogP: 0, tokens: 1 },
};

/** Answers every request alike and remembers what it was asked. */
class Engine implements SchedulerEngine {
  readonly requests: CompleteParams[] = [];
  readonly #answer: Partial<CompleteResult> | null;

  constructor(answer: Partial<CompleteResult> | null = {}) {
    this.#answer = answer;
  }

  complete(params: CompleteParams): Promise<CompleteResult | null> {
    this.requests.push(params);
    return Promise.resolve(this.#answer === null ? null : { ...result, ...this.#answer });
  }
}

function providerFor(engine: SchedulerEngine, all: CompletionSettings = settings) {
  return new CompletionProvider(new CompletionScheduler(engine, all), all);
}

interface Question {
  readonly languageId?: string;
  readonly scheme?: string;
  readonly path?: string;
  readonly isInvoked?: boolean;
  readonly selected?: { readonly from: number; readonly text: string };
  readonly token?: vscode.CancellationToken;
}

/** @param isCancellationRequested from the beginning; it never changes */
function token(isCancellationRequested: boolean): vscode.CancellationToken {
  const onCancellationRequested = () => ({ dispose: () => undefined });
  return { isCancellationRequested, onCancellationRequested };
}

/** First and last column of a range on one line. */
function columnsOf(range: vscode.Range | undefined): number[] {
  return range === undefined ? [] : [range.start.character, range.end.character];
}

async function ask(provider: InstanceType<typeof CompletionProvider>, text: string, question: Question = {}) {
  const { document, position } = cursorIn(text, question.languageId, question.scheme, question.path);
  const { selected } = question;
  const range =
    selected &&
    new Range(new Position(position.line, selected.from), new Position(position.line, position.character));
  const context = {
    triggerKind: question.isInvoked
      ? InlineCompletionTriggerKind.Invoke
      : InlineCompletionTriggerKind.Automatic,
    selectedCompletionInfo: selected && { range, text: selected.text },
  } as unknown as vscode.InlineCompletionContext;
  const items = await provider.provideInlineCompletionItems(
    document,
    position,
    context,
    question.token ?? token(false),
  );
  const [item] = items ?? [];
  return item === undefined ? null : { text: item.insertText, columns: columnsOf(item.range) };
}

test('the text is offered at the cursor, and the engine is asked for what lies on both sides', async () => {
  const engine = new Engine();
  const offered = await ask(providerFor(engine), 'a = 1\nself.|\nb = 2\n');
  assert.equal(offered?.text, 'items');
  assert.deepEqual(offered.columns, [5, 5]);
  assert.equal(engine.requests[0]?.prefix, 'a = 1\nself.');
  assert.equal(engine.requests[0].suffix, '\nb = 2\n');
});

test('what the text says again is replaced', async () => {
  const provider = providerFor(new Engine({ text: 'a, b)', overlap: 1 }), settings);
  const offered = await ask(provider, 'foo(|)\n');
  assert.deepEqual(offered?.columns, [4, 5]);
});

test('in a CRLF document the engine sees line feeds and the editor gets CRLF', async () => {
  const engine = new Engine({ text: 'x\ny' });
  const offered = await ask(providerFor(engine), 'a\r\nb = |\r\nc\r\n');
  assert.equal(engine.requests[0]?.prefix, 'a\nb = ');
  assert.equal(engine.requests[0].suffix, '\nc\n');
  assert.equal(offered?.text, 'x\r\ny');
});

test('while the suggestion list is open, the text extends the selected entry over its range', async () => {
  const engine = new Engine({ text: '.clear()' });
  const provider = providerFor(engine);
  const offered = await ask(provider, 'self.it|\n', { selected: { from: 5, text: 'items' } });
  assert.equal(engine.requests[0]?.prefix, 'self.items');
  assert.equal(offered?.text, 'items.clear()');
  assert.deepEqual(offered.columns, [5, 7]);
});

test('typing what was offered asks nobody', async () => {
  const engine = new Engine();
  const provider = providerFor(engine);
  await ask(provider, 'self.|\n');
  const offered = await ask(provider, 'self.it|\n');
  assert.equal(offered?.text, 'ems');
  assert.equal(engine.requests.length, 1);
});

test('what was offered in front of a word stays while it is typed, where nothing is asked for', async () => {
  const engine = new Engine({ text: 'not ' });
  const provider = providerFor(engine);
  assert.equal((await ask(provider, 'if |done:\n'))?.text, 'not ');
  assert.equal((await ask(provider, 'if n|done:\n'))?.text, 'ot ');
  assert.equal(await ask(provider, 'if x|done:\n'), null);
  assert.equal(engine.requests.length, 1);
});

const doubtful = { ...settings, minimumConfidence: 0.5 };

test('what is shown is told of with its confidence, and nothing else is', async () => {
  const shown: (number | null)[] = [];
  for (const confidence of [0.8, 0.1]) {
    const engine = new Engine({ confidence });
    const scheduler = new CompletionScheduler(engine, doubtful);
    const provider = new CompletionProvider(scheduler, doubtful, {
      onShown: (one) => shown.push(one.confidence),
    });
    await ask(provider, 'self.|\n');
  }
  assert.deepEqual(shown, [0.8]);
});

test('after another model was loaded everything is asked anew', async () => {
  const engine = new Engine();
  const scheduler = new CompletionScheduler(engine, settings);
  const provider = new CompletionProvider(scheduler, settings);
  await ask(provider, 'self.|\n');
  scheduler.forget();
  await ask(provider, 'self.|\n');
  assert.equal(engine.requests.length, 2);
});

test('asking by hand allows more, and asks again where nothing was found', async () => {
  const engine = new Engine({ text: '' });
  const provider = providerFor(engine);
  assert.equal(await ask(provider, 'self.|\n'), null);
  assert.equal(await ask(provider, 'self.|\n'), null);
  assert.equal(engine.requests.length, 1);
  await ask(provider, 'self.|\n', { isInvoked: true });
  assert.equal(engine.requests.length, 2);
  assert.ok(Number(engine.requests[1]?.maxTokens) > settings.maxTokens);
  assert.ok(Number(engine.requests[1]?.maxLines) > settings.maxLines);
});

test('while typing, what is not sure enough is not offered, and not asked for again at that place', async () => {
  const engine = new Engine({ confidence: 0.49 });
  const provider = providerFor(engine, doubtful);
  assert.equal(await ask(provider, 'self.|\n'), null);
  assert.equal(await ask(provider, 'self.|\n'), null);
  assert.equal(engine.requests.length, 1);
});

test('what is just sure enough is offered, and so is what comes without a confidence', async () => {
  for (const confidence of [0.5, null]) {
    const provider = providerFor(new Engine({ confidence }), doubtful);
    assert.equal((await ask(provider, 'self.|\n'))?.text, 'items');
  }
});

test('a suggestion that stands goes on standing while it is typed', async () => {
  const engine = new Engine({ confidence: 0.5 });
  const provider = providerFor(engine, doubtful);
  await ask(provider, 'self.|\n');
  for (const [typed, rest] of [
    ['i', 'tems'],
    ['item', 's'],
  ]) {
    assert.equal((await ask(provider, `self.${typed}|\n`))?.text, rest);
  }
  assert.equal(engine.requests.length, 1);
});

test('asking by hand shows what is not sure enough, and typing that keeps it', async () => {
  const engine = new Engine({ confidence: 0.01 });
  const provider = providerFor(engine, doubtful);
  assert.equal(await ask(provider, 'self.|\n'), null);
  assert.equal((await ask(provider, 'self.|\n', { isInvoked: true }))?.text, 'items');
  assert.equal((await ask(provider, 'self.it|\n'))?.text, 'ems');
  assert.equal(engine.requests.length, 2);
});

test('where something was not sure enough, typing on asks anew', async () => {
  const engine = new Engine({ confidence: 0.01 });
  const provider = providerFor(engine, doubtful);
  await ask(provider, 'self.|\n');
  await ask(provider, 'self.i|\n');
  assert.equal(engine.requests.length, 2);
});

test('the engine is told where the file lies, as far as that is known', async () => {
  const places: [Question, string | null][] = [
    [{ path: '/workspace/src/deep/a.py' }, 'src/deep/a.py'],
    [{ path: '/elsewhere/src/b.py' }, 'b.py'],
    [{ path: 'Untitled-1', scheme: 'untitled' }, null],
    [{ path: '/workspace/c.ipynb', scheme: 'vscode-notebook-cell' }, null],
  ];
  for (const [question, path] of places) {
    const engine = new Engine();
    await ask(providerFor(engine), 'self.|\n', question);
    assert.equal(engine.requests[0]?.path, path);
  }
});

test('files may be read only in a trusted workspace on this disk, and where the setting says so', async () => {
  const folderFor = async (question: Question, readsImports = true) => {
    const engine = new Engine();
    await ask(providerFor(engine, { ...settings, readsImports }), 'self.|\n', question);
    assert.equal(engine.requests.length, 1);
    return engine.requests[0]?.folder;
  };
  const inside = { path: '/workspace/a.py' };
  assert.equal(await folderFor(inside), '/workspace/');
  assert.equal(await folderFor(inside, false), undefined);
  assert.equal(await folderFor({ path: '/elsewhere/a.py' }), undefined);
  assert.equal(await folderFor({ ...inside, scheme: 'vscode-vfs' }), undefined);
  workspace.isTrusted = false;
  try {
    assert.equal(await folderFor(inside), undefined);
  } finally {
    workspace.isTrusted = true;
  }
});

const silent: { name: string; settings?: Partial<CompletionSettings>; question?: Question; text?: string }[] =
  [
    { name: 'switched off', settings: { isEnabled: false } },
    { name: 'a language that is switched off', question: { languageId: 'markdown' } },
    { name: 'an output panel', question: { scheme: 'output' } },
    { name: 'the middle of a word', text: 'se|lf.items\n' },
    {
      name: 'a request cancelled before it began',
      question: { token: token(true) },
    },
  ];

for (const { name, settings: changed, question, text } of silent) {
  test(`${name}: nothing is offered and nobody is asked`, async () => {
    const engine = new Engine();
    const provider = providerFor(engine, { ...settings, ...changed });
    assert.equal(await ask(provider, text ?? 'self.|\n', question), null);
    assert.equal(engine.requests.length, 0);
  });
}

test('an engine that has no answer offers nothing, and is asked again next time', async () => {
  const engine = new Engine(null);
  const provider = providerFor(engine);
  assert.equal(await ask(provider, 'self.|\n'), null);
  await ask(provider, 'self.|\n');
  assert.equal(engine.requests.length, 2);
});

test('the engine is told which document it is, its language, and that all of it is there', async () => {
  const engine = new Engine();
  await ask(providerFor(engine), 'self.|\n', { languageId: 'ruby', path: '/workspace/a.rb' });
  const [request] = engine.requests;
  assert.equal(request?.document, 'file:/workspace/a.rb');
  assert.equal(request.languageId, 'ruby');
  assert.ok(request.isPrefixWhole === true && request.isSuffixWhole === true);
});

test('of a huge document only the surroundings are sent, between ends that stay while typing', async () => {
  const engine = new Engine({ text: '' });
  const provider = providerFor(engine);
  const before = 'value = compute(1)\n'.repeat(20_000);
  const after = '\nother = 2\n'.repeat(20_000);
  await ask(provider, `${before}x|${after}`);
  await ask(provider, `${before}x = f(|)${after}`);
  const [first, second] = engine.requests;
  assert.ok(first !== undefined && second !== undefined);
  assert.ok(first.prefix.length <= 65_536 && first.suffix.length <= 32_768);
  assert.ok(second.prefix.startsWith(first.prefix));
  assert.equal(second.suffix, `)${first.suffix}`);
  assert.ok(first.isPrefixWhole === false && first.isSuffixWhole === false);
});

test('in a huge document too, typing what was offered asks nobody where a bracket is closed', async () => {
  const engine = new Engine({ text: 'f(x)' });
  const provider = providerFor(engine);
  const before = 'value = compute(1)\n'.repeat(20_000);
  const after = '\nother = 2\n'.repeat(20_000);
  await ask(provider, `${before}x = |${after}`);
  assert.equal((await ask(provider, `${before}x = f(|)${after}`))?.text, 'x)');
  assert.equal(engine.requests.length, 1);
});
