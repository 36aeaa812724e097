/** Messages to the engine process: each request is answered, and a good one after it as ever. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import {
  createMessageConnection,
  type MessageConnection,
  ResponseError,
  StreamMessageReader,
  StreamMessageWriter,
} from 'vscode-jsonrpc/node';
import { Engine } from '../../extension/engine/engine.ts';
import { serve } from '../../extension/engine/server.ts';
import * as protocol from '../../extension/protocol/requests.ts';
import { broken, someText } from './broken.ts';
import { scriptedAddon } from './scripted-addon.ts';
import { require, type Target } from './target.ts';

const answerMs = Number(process.env['HOTSET_FUZZ_PATIENCE'] ?? 25) * 1_000;

const place: fc.Arbitrary<Record<string, unknown>> = fc.record(
  {
    prefix: someText,
    suffix: someText,
    path: fc.constantFrom(null, 'a.py', 'b/c.ts', '../d.rs', 'e\\f.cpp'),
    folder: fc.constantFrom('/nowhere', '', 'relative'),
    told: fc.array(fc.record({ path: someText, text: someText }), { maxLength: 2 }),
    document: fc.constantFrom('one', 'two'),
    languageId: fc.constantFrom('python', 'typescript', 'nothing'),
    isPrefixWhole: fc.boolean(),
    isSuffixWhole: fc.boolean(),
    maxTokens: fc.integer({ min: 1, max: 20 }),
    maxLines: fc.integer({ min: 0, max: 3 }),
    maxMilliseconds: fc.constant(0),
    temperature: fc.constant(0),
    seed: fc.nat(9),
    streamId: fc.constant('s'),
  },
  { requiredKeys: ['prefix', 'suffix', 'maxTokens', 'maxLines', 'maxMilliseconds', 'temperature', 'seed'] },
);
const placeNames = [
  ...['prefix', 'suffix', 'path', 'folder', 'told', 'document', 'languageId', 'isPrefixWhole', 'maxTokens'],
  ...['maxLines', 'maxMilliseconds', 'temperature', 'seed', 'streamId', '__proto__'],
];

const others: fc.Arbitrary<Record<string, unknown>> = fc.record({
  folder: fc.constant('/nowhere'),
  document: fc.constantFrom('one', 'two'),
  unsaved: fc.array(fc.record({ path: someText, text: someText }), { maxLength: 2 }),
  open: fc.array(someText, { maxLength: 3 }),
  found: fc.array(fc.record({ path: someText, names: fc.option(fc.array(someText, { maxLength: 2 })) }), {
    maxLength: 2,
  }),
});

const load: fc.Arbitrary<Record<string, unknown>> = fc.record({
  path: fc.constantFrom(null, '/nowhere/a.gguf'),
  decoder: fc.constant('auto'),
  mode: fc.constant('auto'),
  hotThreshold: fc.constant(0.5),
  contextLength: fc.constant(256),
  threads: fc.constant(1),
  gpuBudget: fc.constantFrom('0', 'auto', '6GiB'),
});

const message = fc.oneof(
  fc.tuple(fc.constant('hotset/complete'), broken(place, placeNames)),
  fc.tuple(fc.constant('hotset/attend'), broken(place, placeNames)),
  fc.tuple(
    fc.constant('hotset/otherFiles'),
    broken(others, ['folder', 'document', 'unsaved', 'open', 'found']),
  ),
  fc.tuple(
    fc.constant('hotset/loadModel'),
    broken(load, [
      'path',
      'decoder',
      'mode',
      'hotThreshold',
      'contextLength',
      'threads',
      'gpuBudget',
      'server',
      'threshold',
    ]),
  ),
  fc.tuple(
    fc.constantFrom('hotset/profile', 'hotset/measureMachine', 'hotset/serverText', 'toString'),
    broken(place, placeNames),
  ),
);

const goodLoad: protocol.LoadModelParams = {
  path: '/nowhere/a.gguf',
  decoder: 'auto',
  mode: 'auto',
  hotThreshold: 0.5,
  contextLength: 256,
  threads: 1,
};
const goodRequest: protocol.CompleteParams = {
  prefix: 'x = ',
  suffix: '\n',
  maxTokens: 8,
  maxLines: 1,
  maxMilliseconds: 0,
  temperature: 0,
  seed: 0,
};

/** Both ends, each with the other's words. */
function connected(engine: Engine): MessageConnection {
  const [to, from] = [new PassThrough(), new PassThrough()];
  const far = createMessageConnection(new StreamMessageReader(to), new StreamMessageWriter(from));
  far.listen();
  serve(far, engine, () => undefined);
  const near = createMessageConnection(new StreamMessageReader(from), new StreamMessageWriter(to));
  near.listen();
  return near;
}

/** @throws Error where no answer comes */
async function answered(connection: MessageConnection, method: string, params: unknown): Promise<unknown> {
  const waiting = new AbortController();
  const late = sleep(answerMs, undefined, { signal: waiting.signal }).then(
    () => {
      throw new Error(`${method} is not answered`);
    },
    () => undefined,
  );
  const answer = connection.sendRequest(method, params).catch((error: unknown) => {
    if (error instanceof ResponseError) return undefined;
    throw error;
  });
  const first = await Promise.race([answer, late]);
  waiting.abort();
  return first;
}

const notifications = new Set(['hotset/attend', 'hotset/otherFiles', 'hotset/serverText']);

export function rpcTarget(): Target {
  const folder = mkdtempSync(join(tmpdir(), 'hotset-fuzz-'));
  const machineFile = join(folder, 'machine.json');
  const engine = new Engine({ addon: scriptedAddon, root: folder, log: () => undefined, machineFile });
  const connection = connected(engine);
  return {
    property: fc.asyncProperty(fc.array(message, { minLength: 1, maxLength: 4 }), async (messages) => {
      for (const [method, params] of messages) {
        if (notifications.has(method)) await connection.sendNotification(method, params);
        else await answered(connection, method, params);
      }
      await answered(connection, protocol.LoadModel.method, goodLoad);
      const good = (await answered(connection, protocol.Complete.method, goodRequest)) as
        protocol.CompleteResult | undefined;
      require(good?.text === '1 + 2', `a good request is answered by ${JSON.stringify(good)}`);
    }),
    close: async () => {
      connection.dispose();
      await engine.close();
      rmSync(folder, { recursive: true });
    },
  };
}
