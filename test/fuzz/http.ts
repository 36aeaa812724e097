/** The HTTP API of `hotset serve`: whatever is asked, the answer is one of its own, and the next one gets one too. */
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { Engine } from '../../extension/engine/engine.ts';
import { HttpService } from '../../extension/serve/server.ts';
import { broken, someText } from './broken.ts';
import { loadParams } from '../unit/engine/requests.ts';
import { scriptedAddon } from './scripted-addon.ts';
import { require, type Target } from './target.ts';

const answers = new Set([200, 400, 401, 403, 404, 405, 413, 501, 503]);

const paths = [
  '/infill',
  '/completion',
  '/completions',
  '/v1/completions',
  '/v1/models',
  '/props',
  '/health',
  '/slots',
  '/%00',
  '/../..',
  '/constructor',
  '/__proto__',
];

const whole: fc.Arbitrary<Record<string, unknown>> = fc.record(
  {
    input_prefix: someText,
    input_suffix: someText,
    input_extra: fc.array(fc.record({ filename: someText, text: someText }), { maxLength: 3 }),
    prompt: someText,
    suffix: someText,
    n_predict: fc.integer({ min: -1, max: 20 }),
    max_tokens: fc.integer({ min: 1, max: 20 }),
    temperature: fc.constantFrom(0, 0.8),
    seed: fc.integer({ min: -1, max: 99 }),
    stop: fc.array(fc.constantFrom('\n', '+', ' + 2'), { maxLength: 3 }),
    n_indent: fc.integer({ min: 0, max: 8 }),
    t_max_predict_ms: fc.integer({ min: 0, max: 9 }),
    stream: fc.boolean(),
    response_fields: fc.array(fc.constantFrom('content', 'timings/prompt_n', '__proto__', 'a/b'), {
      maxLength: 2,
    }),
    stream_options: fc.record({ include_usage: fc.boolean() }),
  },
  { requiredKeys: ['input_prefix', 'input_suffix', 'prompt'] },
);

const names = [
  ...[
    'input_prefix',
    'input_suffix',
    'input_extra',
    'prompt',
    'suffix',
    'n_predict',
    'max_tokens',
    'temperature',
  ],
  ...[
    'seed',
    'stop',
    'n_indent',
    't_max_predict_ms',
    'stream',
    'response_fields',
    'stream_options',
    'top_k',
    'top_p',
  ],
  ...['min_p', 'n', 'best_of', 'echo', 'logprobs', 'ignore_eos', 'max_completion_tokens', '__proto__'],
];

interface Asked {
  readonly path: string;
  readonly method: string;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
}

const asked: fc.Arbitrary<Asked> = fc.record({
  path: fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...paths) }, fc.webPath()),
  method: fc.oneof(
    { weight: 9, arbitrary: fc.constant('POST') },
    fc.constantFrom('GET', 'HEAD', 'PUT', 'DELETE'),
  ),
  body: fc.oneof(
    { weight: 19, arbitrary: broken(whole, names).map((value) => JSON.stringify(value)) },
    fc.string({ unit: 'binary' }),
  ),
  headers: fc.dictionary(
    fc.constantFrom('content-type', 'authorization', 'x-api-key', 'origin', 'user-agent', 'sec-fetch-site'),
    fc.constantFrom('application/json', 'Bearer t', 'none', 'null', '', 'x'.repeat(3_000)),
    { maxKeys: 2 },
  ),
});

/** Bytes that are no HTTP, or hardly any. */
const noise = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc
    .tuple(
      fc.constantFrom('POST', 'GET'),
      fc.constantFrom(...paths),
      fc.constantFrom('0', '-1', '5', '99999999999999999999', 'x'),
    )
    .map(
      ([method, path, length]) =>
        `${method} ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${length}\r\n\r\n{"a"`,
    ),
  fc.constantFrom(
    'POST /infill HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFF\r\n{',
    'POST /infill HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n',
    'GET /health HTTP/9.9\r\n\r\n',
  ),
);

async function check(port: number, { path, method, body, headers }: Asked): Promise<void> {
  const hasBody = method !== 'GET' && method !== 'HEAD';
  const url = new URL(`http://127.0.0.1:${port}/`);
  url.pathname = path;
  const answer = await fetch(url, { method, headers, ...(hasBody ? { body } : {}) });
  const text = await answer.text();
  require(answers.has(answer.status), `${method} ${path} is answered by ${answer.status}: ${text}`);
  if (method === 'HEAD') return;
  if (answer.headers.get('content-type')?.startsWith('text/event-stream')) {
    require(!text.includes('"code":500'), `a stream ends in an error of ours: ${text}`);
    return;
  }
  const said = JSON.parse(text) as { error?: { message: string } };
  require((answer.status === 200) === (said.error === undefined), `status ${answer.status} with ${text}`);
  require(!said.error?.message.includes('\n'), `several lines: ${said.error?.message ?? ''}`);
}

/** Hangs up after a moment, whether it was answered or not. */
function sendNoise(port: number, bytes: string): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.write(bytes, 'latin1', () => setTimeout(() => socket.destroy(), 1));
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      resolve();
    });
  });
}

export async function httpTarget(): Promise<Target> {
  const folder = mkdtempSync(join(tmpdir(), 'hotset-fuzz-'));
  const machineFile = join(folder, 'machine.json');
  const engine = new Engine({ addon: scriptedAddon, root: folder, log: () => undefined, machineFile });
  const model = await engine.load({ ...loadParams, path: join(folder, 'a.gguf') }, () => undefined);
  const service = new HttpService({
    engine,
    model,
    access: { token: null, host: '127.0.0.1' },
    version: '0',
  });
  const port = await service.listen(0);
  const request = fc.oneof({ weight: 19, arbitrary: asked }, noise);
  return {
    property: fc.asyncProperty(request, async (one) => {
      if (typeof one === 'string') await sendNoise(port, one);
      else await check(port, one);
      const health = await fetch(`http://127.0.0.1:${port}/health`);
      require(health.status === 200, `afterwards /health says ${health.status}`);
      await health.body?.cancel();
    }),
    close: async () => {
      await service.close();
      await engine.close();
      rmSync(folder, { recursive: true });
    },
  };
}
