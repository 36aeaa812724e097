/** Use case: what load parameters ask for, be it a server or a model of this machine. */
import type { LoadModelParams } from '../protocol/requests.ts';
import { asEngineError } from './errors.ts';
import { loadModel, type LoadedModel, type LoadModelTools } from './model/load-model.ts';
import { connect } from './remote/connect.ts';
import type { Transport } from './remote/transport.ts';

export interface OpenTools extends Omit<LoadModelTools, 'onProgress'> {
  /** How requests get to a server; none can complete when left out. */
  readonly transport?: Transport;
}

/** @param fraction between 0 and 1 */
export type OnProgress = (fraction: number) => void;

export interface OpenedModel {
  readonly model: LoadedModel;
  /** Why this model answers though a server is to; null: none is to, or it does. */
  readonly insteadOfServer: string | null;
}

/**
 * The server that is to complete, or the local model where none is to or it can't be reached.
 * @throws EngineError
 */
export async function openModel(
  params: LoadModelParams,
  tools: OpenTools,
  onProgress: OnProgress,
): Promise<OpenedModel> {
  try {
    const server = await connectServer(params, tools);
    return { model: server ?? (await loadModel(params, { ...tools, onProgress })), insteadOfServer: null };
  } catch (thrown) {
    const error = asEngineError(thrown);
    if (error.kind !== 'server') throw error;
    return await openInstead(params, tools, error.message, onProgress);
  }
}

/**
 * The local model in place of a server.
 * @param reason why that does not complete, one line
 * @throws EngineError
 */
export async function openInstead(
  params: LoadModelParams,
  tools: OpenTools,
  reason: string,
  onProgress: OnProgress = () => undefined,
): Promise<OpenedModel> {
  tools.log('warn', `this machine completes, because the server does not: ${reason}`);
  return { model: await loadModel(params, { ...tools, onProgress }), insteadOfServer: reason };
}

/**
 * @returns null where no server is to complete
 * @throws EngineError
 */
export async function connectServer(
  { server }: LoadModelParams,
  { transport }: Pick<OpenTools, 'transport'>,
): Promise<LoadedModel | null> {
  if (server === undefined || transport === undefined) return null;
  return await connect(server, transport, new AbortController().signal);
}
