/** `hotset serve` as other editors ask it: the real command line, addon and embedded model. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createServer, request } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { join } from 'node:path';
import { text as toText } from 'node:stream/consumers';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { longCode } from './engine-client.ts';
import { root } from './model.ts';
import { serve, type Serving } from './serve-process.ts';

interface LlamaAnswer {
  content: string;
  stop: boolean;
  stop_type: string;
  stopping_word: string;
  tokens_predicted: number;
  tokens_evaluated: number;
  timings: { prompt_n: number; cache_n: number; predicted_n: number };
}

interface Completions {
  choices: { text: string; finish_reason: string | null }[];
  usage?: { prompt_tokens: number; completion_tokens: number; total_tokens: number };
}

interface Refusal {
  error: { code: number; message: string; type: string };
}

let serving: Serving;

before(async () => {
  serving = await serve();
});

after(async () => {
  await serving.stop();
});

function post(path: string, body: unknown, signal?: AbortSignal): Promise<Response> {
  return fetch(serving.url + path, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: typeof body === 'string' ? body : JSON.stringify(body),
    ...(signal === undefined ? {} : { signal }),
  });
}

async function answerTo<Answer>(path: string, body: unknown): Promise<Answer> {
  const response = await post(path, body);
  const text = await response.text();
  assert.equal(response.status, 200, text);
  return JSON.parse(text) as Answer;
}

/** The events of a stream, in their order; `[DONE]` as it is. */
async function eventsOf<Event>(response: Response): Promise<(Event | '[DONE]')[]> {
  assert.match(response.headers.get('content-type') ?? '', /^text\/event-stream/);
  const text = await response.text();
  return text
    .split('\n\n')
    .filter((event) => event !== '')
    .map((event) => event.replace(/^data: /, ''))
    .map((data) => (data === '[DONE]' ? data : (JSON.parse(data) as Event)));
}

const above = 'def area(width, height):\n    """Of a rectangle."""\n';
const below = '\n\nprint(area(2, 3))\n';

/** What llama.vim (a1c8e6e) sends for the cursor behind `    return `. */
const fromVim = {
  id_slot: 0,
  input_prefix: above,
  input_suffix: below,
  input_extra: [
    { text: 'def perimeter(width, height):\n    return 2 * (width + height)\n', time: 0, filename: 'a.py' },
  ],
  prompt: '    return ',
  n_predict: 128,
  stop: [],
  n_indent: 4,
  top_k: 40,
  top_p: 0.9,
  samplers: ['top_k', 'top_p', 'infill'],
  stream: false,
  cache_prompt: true,
  t_max_prompt_ms: 500,
  t_max_predict_ms: 250,
  response_fields: [
    'content',
    'timings/prompt_n',
    'timings/prompt_ms',
    'timings/prompt_per_token_ms',
    'timings/prompt_per_second',
    'timings/predicted_n',
    'timings/predicted_ms',
    'timings/predicted_per_token_ms',
    'timings/predicted_per_second',
    'truncated',
    'tokens_cached',
  ],
};

/** What llama.vscode 0.0.63 sends for the same. */
const fromCode = {
  id_slot: 0,
  input_prefix: above,
  input_suffix: below,
  input_extra: fromVim.input_extra.map(({ text, filename }) => ({ text, time: 1_700_000_000, filename })),
  prompt: '    return ',
  n_predict: 128,
  n_cmpl: 3,
  top_k: 40,
  top_p: 0.99,
  stream: false,
  samplers: ['top_k', 'top_p', 'infill'],
  cache_prompt: true,
  n_indent: 4,
  t_max_prompt_ms: 500,
  t_max_predict_ms: 500,
};

test('llama.vim gets a text and every figure that it shows', async () => {
  const answer = await answerTo<Record<string, unknown>>('/infill', fromVim);
  const { content, truncated, ...figures } = answer;
  assert.equal(typeof content, 'string');
  assert.notEqual(content, '', 'the model says nothing');
  assert.equal(truncated, false);
  assert.deepEqual(Object.keys(answer).sort(), fromVim.response_fields.toSorted());
  for (const [name, figure] of Object.entries(figures)) assert.ok(Number.isFinite(figure), name);
});

test('llama.vscode gets one completion of the three that it asks for', async () => {
  const answer = await answerTo<LlamaAnswer>('/infill', fromCode);
  assert.notEqual(answer.content, '');
  assert.ok(answer.timings.predicted_n > 0);
});

test('an answer fits its place: no line that is there already, none that is indented less', async () => {
  const { content } = await answerTo<LlamaAnswer>('/infill', fromCode);
  assert.ok(!content.includes('print(area'), content);
  for (const line of content.split('\n').slice(1)) assert.match(line, /^(?: {4}|$)/);
});

test('both warm up without being told anything', async () => {
  const warmUp = {
    ...fromVim,
    input_prefix: '',
    input_suffix: '',
    prompt: '',
    n_predict: 0,
    samplers: [],
    t_max_predict_ms: 1,
  };
  assert.deepEqual(await answerTo('/infill', { ...warmUp, response_fields: [''] }), {});
  const { content } = await answerTo<LlamaAnswer>('/infill', { ...warmUp, response_fields: [] });
  assert.equal(content, '');
});

test('the next keystroke computes its own tokens alone, also where the window has moved on', async () => {
  const lines = longCode(60).split('\n');
  const ask = async (line: number, typed: string) =>
    await answerTo<LlamaAnswer>('/infill', {
      ...fromCode,
      input_extra: [],
      input_prefix: lines.slice(Math.max(0, line - 40), line).join('\n') + '\n',
      input_suffix: '\n' + lines.slice(line).join('\n'),
      prompt: typed,
    });
  // On a busy machine the first answers come from less of the text, and the whole is computed by and by.
  const untilFew = async (most: number, next: () => Promise<LlamaAnswer>) => {
    const fresh: number[] = [];
    do {
      if (fresh.length > 0) await sleep(100);
      fresh.push((await next()).timings.prompt_n);
    } while ((fresh.at(-1) ?? 0) > most && fresh.length < 40);
    assert.ok((fresh.at(-1) ?? 0) <= most, `${fresh.join(', ')} new tokens`);
  };
  let typed = '    x = 1';
  await ask(50, typed);
  await untilFew(4, () => ask(50, (typed += '2')));
  let line = 50;
  await untilFew(10, () => {
    lines.splice(line, 0, `    x = ${line}`);
    return ask(++line, '    y');
  });
});

test('a stream brings the same as the whole, in llama.cpp’s shape', async () => {
  const body = { ...fromCode, input_extra: [] };
  const whole = await answerTo<LlamaAnswer>('/infill', body);
  const events = await eventsOf<LlamaAnswer>(await post('/infill', { ...body, stream: true }));
  const answers = events.filter((event) => event !== '[DONE]');
  assert.equal(answers.length, events.length, 'llama.cpp says no [DONE]');
  assert.equal(answers.map(({ content }) => content).join(''), whole.content);
  assert.deepEqual(
    answers.map(({ stop }) => stop),
    [...answers.slice(1).map(() => false), true],
  );
});

test('/completion continues a prompt as it stands, token by token', async () => {
  const body = { prompt: above + '    return', n_predict: 12, temperature: 0 };
  const whole = await answerTo<LlamaAnswer>('/completion', body);
  assert.equal(whole.tokens_predicted, 12);
  assert.equal(whole.stop_type, 'limit');
  const events = await eventsOf<LlamaAnswer>(await post('/completion', { ...body, stream: true }));
  assert.ok(events.length > 6, `${events.length} events`);
  const text = events.map((event) => (event === '[DONE]' ? '' : event.content)).join('');
  assert.equal(text, whole.content);
  const again = await answerTo<LlamaAnswer>('/completion', body);
  assert.equal(again.timings.prompt_n, 1, 'what it begins with is held');
});

test('control tokens that a client spells in its prompt are control tokens', async () => {
  const tokens = async (prompt: string) => {
    const answer = await answerTo<LlamaAnswer>('/completion', { prompt, n_predict: 1 });
    return answer.tokens_evaluated;
  };
  const plain = await tokens('abc');
  assert.equal(await tokens('abc<MID>'), plain + 1);
  assert.ok((await tokens('abc<MUD>')) > plain + 1);
});

test('/v1/completions answers and streams as OpenAI does', async () => {
  const body = { model: 'any', prompt: above + '    return', max_tokens: 12, temperature: 0 };
  const { choices, usage } = await answerTo<Completions>('/v1/completions', body);
  const [choice] = choices;
  assert.equal(choice?.finish_reason, 'length');
  assert.equal(usage?.completion_tokens, 12);
  assert.equal(usage.total_tokens, usage.prompt_tokens + 12);

  const streamed = { ...body, stream: true, stream_options: { include_usage: true } };
  const events = await eventsOf<Completions>(await post('/v1/completions', streamed));
  assert.equal(events.at(-1), '[DONE]');
  const answers = events.filter((event) => event !== '[DONE]');
  assert.equal(answers.flatMap(({ choices: [each] }) => each?.text ?? '').join(''), choice.text);
  assert.equal(answers.at(-1)?.usage?.completion_tokens, 12);
});

test('stop strings end a text and are no part of it, streamed or not', async () => {
  const body = { prompt: above + '    return', max_tokens: 40, temperature: 0, stop: ['\n'] };
  const { choices } = await answerTo<Completions>('/v1/completions', body);
  assert.equal(choices[0]?.finish_reason, 'stop');
  assert.ok(!choices[0].text.includes('\n'));
  const events = await eventsOf<Completions>(await post('/v1/completions', { ...body, stream: true }));
  const text = events.map((event) => (event === '[DONE]' ? '' : (event.choices[0]?.text ?? ''))).join('');
  assert.equal(text, choices[0].text);
  const native = await answerTo<LlamaAnswer>('/completion', { ...body, n_predict: 40 });
  assert.deepEqual([native.stop_type, native.stopping_word], ['word', '\n']);
});

test('/v1/completions with a suffix fills in between, as the editor does', async () => {
  const body = { prompt: `${above}    return `, suffix: below, max_tokens: 64 };
  const { choices } = await answerTo<Completions>('/v1/completions', body);
  const infill = await answerTo<LlamaAnswer>('/infill', { ...fromCode, n_indent: 0, input_extra: [] });
  assert.equal(choices[0]?.text, infill.content);
});

test('a client that hangs up is computed for no longer', async () => {
  const prompt = longCode(10);
  const long = { prompt, n_predict: 600, temperature: 0, ignore_eos: true };
  const { content } = await answerTo<LlamaAnswer>('/completion', long);
  // What another text leaves in the cache is nothing of this one.
  const tokensHeld = async () => {
    const { timings } = await answerTo<LlamaAnswer>('/completion', {
      prompt: prompt + content,
      n_predict: 1,
    });
    return timings.cache_n;
  };
  const all = await tokensHeld();
  const held: number[] = [];
  // A client that gets no processor hangs up when all is said: then another does.
  do {
    await answerTo('/completion', { prompt: '#', n_predict: 1 });
    const client = new AbortController();
    const response = await post('/completion', { ...long, stream: true }, client.signal);
    await response.body?.getReader().read();
    client.abort();
    held.push(await tokensHeld());
  } while (Math.min(...held) > all - 300 && held.length < 10);
  assert.ok(Math.min(...held) <= all - 300, `${held.join(', ')} tokens were computed of ${all}`);
});

test('a newer request for a document ends the older, which says nothing', async () => {
  const slow = { ...fromCode, input_prefix: longCode(30), n_indent: 0, input_extra: [] };
  const [older, newer] = await answersInARow('/infill', [slow, { ...slow, prompt: slow.prompt + 'w' }]);
  assert.deepEqual([older?.stop_type, older?.content], ['none', '']);
  assert.notEqual(newer?.stop_type, 'none');
});

/** Sent at once over one connection, which alone says in what order the server hears of them. */
async function answersInARow(path: string, bodies: readonly object[]): Promise<LlamaAnswer[]> {
  const { host, hostname, port } = new URL(serving.url);
  const requests = bodies.map((body, index) => {
    const text = JSON.stringify(body);
    return [
      `POST ${path} HTTP/1.1`,
      `Host: ${host}`,
      `Content-Length: ${Buffer.byteLength(text)}`,
      `Connection: ${index < bodies.length - 1 ? 'keep-alive' : 'close'}`,
      `\r\n${text}`,
    ].join('\r\n');
  });
  const socket = connect(Number(port), hostname);
  socket.write(requests.join(''));
  const answers = (await toText(socket)).split('HTTP/1.1 ').slice(1);
  return answers.map((answer) => {
    assert.match(answer, /^200 /);
    return JSON.parse(answer.slice(answer.indexOf('{'), answer.lastIndexOf('}') + 1)) as LlamaAnswer;
  });
}

test('requests of others wait, and all are answered', async () => {
  const answers = await Promise.all(
    [1, 2, 3, 4].map((each) =>
      answerTo<LlamaAnswer>('/completion', { prompt: `x_${each} = `, n_predict: 4, temperature: 0 }),
    ),
  );
  assert.ok(answers.every(({ stop }) => stop));
});

test('health, models and properties', async () => {
  assert.deepEqual(await (await fetch(`${serving.url}/health`)).json(), { status: 'ok' });
  const models = (await (await fetch(`${serving.url}/v1/models`)).json()) as { data: { id: string }[] };
  assert.match(models.data[0]?.id ?? '', /^hotset-code/);
  const props = (await (await fetch(`${serving.url}/props`)).json()) as {
    default_generation_settings: { n_ctx: number };
  };
  assert.ok(props.default_generation_settings.n_ctx > 0);
});

const refused: [path: string, body: unknown, status: number, type: string, message: RegExp][] = [
  ['/infill', 'no JSON', 400, 'invalid_request_error', /no JSON/],
  ['/infill', '[]', 400, 'invalid_request_error', /no JSON object/],
  ['/infill', {}, 400, 'invalid_request_error', /"input_prefix" is required/],
  ['/infill', { input_prefix: 1, input_suffix: '' }, 400, 'invalid_request_error', /Field 'input_prefix'/],
  ['/infill', { ...fromCode, input_extra: [{}] }, 400, 'invalid_request_error', /"text" is required/],
  ['/infill', { ...fromCode, n_predict: 1.5 }, 400, 'invalid_request_error', /Field 'n_predict'/],
  ['/completion', { prompt: ['a', 'b'] }, 400, 'invalid_request_error', /Field 'prompt'/],
  ['/completion', { prompt: [-1] }, 400, 'invalid_request_error', /no token/],
  ['/completion', { prompt: 'word '.repeat(20_000) }, 400, 'invalid_request_error', /the context/],
  ['/v1/completions', { prompt: 'a', n: 2 }, 400, 'invalid_request_error', /Field 'n'/],
  [
    '/v1/completions',
    { prompt: 'a', temperature: 'hot' },
    400,
    'invalid_request_error',
    /Field 'temperature'/,
  ],
  ['/v1/chat/completions', {}, 501, 'not_supported_error', /completes code/],
  ['/nowhere', {}, 404, 'not_found_error', /there is no/],
  [
    '/infill',
    { input_prefix: 'x'.repeat(5_000_000), input_suffix: '' },
    413,
    'too_large_error',
    /longer than/,
  ],
];

for (const [path, body, status, type, message] of refused) {
  test(`${path} refuses ${JSON.stringify(body).slice(0, 60)} in one line`, async () => {
    const response = await post(path, body);
    const { error } = (await response.json()) as Refusal;
    assert.deepEqual([response.status, error.code, error.type], [status, status, type]);
    assert.match(error.message, message);
    assert.ok(!error.message.includes('\n'));
  });
}

test('a web page is refused, and so is a name that leads here', async () => {
  const { port } = new URL(serving.url);
  const status = (headers: Record<string, string>) =>
    new Promise<number | undefined>((resolve, reject) => {
      const asking = request({ port, host: '127.0.0.1', path: '/health', headers }, (response) => {
        response.resume();
        resolve(response.statusCode);
      });
      asking.once('error', reject).end();
    });
  assert.equal(await status({}), 200);
  assert.equal(await status({ Origin: 'https://attacker.example' }), 403);
  assert.equal(await status({ Host: `attacker.example:${port}` }), 403);
});

test('with a token, only health is answered without it', async () => {
  const guarded = await serve('--token', 'open sesame');
  try {
    const status = async (path: string, headers: Record<string, string> = {}) =>
      (await fetch(guarded.url + path, { headers })).status;
    assert.equal(await status('/health'), 200);
    assert.equal(await status('/v1/models'), 401);
    assert.equal(await status('/v1/models', { Authorization: 'Bearer open' }), 401);
    assert.equal(await status('/v1/models', { Authorization: 'Bearer open sesame' }), 200);
    assert.equal(guarded.complaints(), '');
  } finally {
    await guarded.stop();
  }
});

function refusal(...options: string[]): string {
  const { status, stderr } = spawnSync(
    process.execPath,
    [join(root, 'dist', 'cli.cjs'), 'serve', ...options],
    { encoding: 'utf8', timeout: 20_000, env: { ...process.env, HOTSET_TOKEN: undefined } },
  );
  assert.equal(status, 2, stderr);
  return stderr;
}

test('it does not start where others could reach it without a token', () => {
  for (const host of ['0.0.0.0', '::', '192.168.1.2']) assert.match(refusal('--host', host), /set a token/);
});

test('a port that is taken is said so in one line', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => other.once('listening', resolve));
  const { port } = other.address() as AddressInfo;
  assert.equal(
    refusal('--port', String(port)),
    `hotset: port ${port} is taken: choose another with --port\n`,
  );
  other.close();
});
