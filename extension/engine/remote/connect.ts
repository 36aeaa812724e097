/** Use case: find out what kind of server it is, and which model it has. */
import type { ServerParams } from '../../protocol/requests.ts';
import { EngineError } from '../errors.ts';
import type { LoadedModel } from '../model/load-model.ts';
import { calibrationOf } from '../model/confidence-calibration.ts';
import { consultBy, consulted, type Consulted, parsed } from './consult.ts';
import type { Dialect } from './dialect.ts';
import { llamaServer } from './llama-server.ts';
import { ollama } from './ollama.ts';
import { openAiServer } from './openai-server.ts';
import { messageIn, refusal } from './refusal.ts';
import { RemoteModel } from './remote-model.ts';
import type { Transport } from './transport.ts';

/** @throws EngineError `server` with one line that says what to do */
export async function connect(
  server: ServerParams,
  transport: Transport,
  signal: AbortSignal,
): Promise<LoadedModel> {
  const dialect = await dialectOf(server, transport, signal).catch((error: unknown) => {
    if (error instanceof EngineError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new EngineError('server', `${server.url}: ${reason}`);
  });
  const native = new RemoteModel({ url: server.url, dialect, transport });
  const description = native.describe();
  return {
    path: server.url,
    profilePath: null,
    split: { hotThreshold: 0, onGpu: [] },
    file: null,
    native,
    description,
    calibration: calibrationOf(description),
  };
}

async function dialectOf(
  { url, kind, model }: ServerParams,
  transport: Transport,
  signal: AbortSignal,
): Promise<Dialect> {
  const read = (path: string) => consulted({ path, body: null }, transport, signal);
  let last: Consulted = { status: 0, body: '' };
  if (kind !== 'openai') {
    last = await read('/props');
    const props = last.status === 200 ? parsed(last.body) : undefined;
    const llama = await llamaServer(props, consultBy(transport, signal));
    if (llama !== null) return llama;
  }
  if (kind !== 'llama.cpp') {
    last = await read('/v1/models');
    const openAi = last.status === 200 ? openAiServer(parsed(last.body), model) : null;
    if (openAi !== null && kind === 'openai') return openAi;
    if (openAi !== null) return (await ollama(openAi.model, consultBy(transport, signal))) ?? openAi;
  }
  const { status, body } = last;
  const what = kind === 'openai' ? 'server with /v1/completions' : 'llama.cpp server';
  const reason = status === 200 ? `is no ${what} that Hotset understands` : refusal(status, messageIn(body));
  throw new EngineError('server', `${url}: ${reason}`);
}
