/** JSON-RPC over the engine: one handler per request of the protocol. */
import { type CancellationToken, type MessageConnection, ResponseError } from 'vscode-jsonrpc/node';
import * as protocol from '../protocol/requests.ts';
import type { Engine } from './engine.ts';
import { asEngineError } from './errors.ts';

/** Progress is sent when it grew by this much: a load reports thousands of steps. */
const progressStep = 0.01;
/** The rate and the time left are worth reading this often. */
const profileProgressMs = 250;

/** @param onShutdown ends the process, once the answer is on its way */
export function serve(connection: MessageConnection, engine: Engine, onShutdown: () => void): void {
  connection.onRequest(protocol.LoadModel, (params) =>
    answered(connection, () => engine.load(params, progressSender(connection))),
  );
  connection.onRequest(protocol.Complete, (params, token) =>
    answered(connection, () => completion(connection, engine, params, token)),
  );
  connection.onNotification(protocol.Attend, (place) => {
    engine.attend(place);
  });
  connection.onNotification(protocol.Leave, () => {
    engine.leave();
  });
  connection.onNotification(protocol.OtherFiles, (others) => {
    engine.tell(others);
  });
  connection.onRequest(protocol.Profile, (params, token) =>
    answered(connection, () =>
      withSignal(token, (signal) => engine.profile(params, signal, profileProgressSender(connection))),
    ),
  );
  connection.onRequest(protocol.MeasureMachine, () => answered(connection, () => engine.measureMachine()));
  connection.onRequest(protocol.Neurons, () => answered(connection, () => engine.neurons()));
  connection.onRequest(protocol.Firing, ({ watch }) => engine.firing(watch));
  connection.onRequest(protocol.Foretell, (settings) =>
    answered(connection, () => engine.foretell(settings)),
  );
  connection.onRequest(protocol.Shutdown, async () => {
    await engine.close();
    setImmediate(onShutdown);
    return null;
  });
}

async function completion(
  connection: MessageConnection,
  engine: Engine,
  params: protocol.CompleteParams,
  token: CancellationToken,
): Promise<protocol.CompleteResult> {
  const { streamId } = params;
  const onText = (text: string) => {
    if (streamId !== undefined) void connection.sendNotification(protocol.PartialText, { streamId, text });
  };
  const result = await withSignal(token, (signal) => engine.complete(params, signal, onText));
  if (result.stopReason !== 'cancelled' || result.tokens > 0) reportStatistics(connection, result);
  return result;
}

/** Runs `work` with a signal that is aborted when the request is cancelled. */
async function withSignal<Result>(
  token: CancellationToken,
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const controller = new AbortController();
  const subscription = token.onCancellationRequested(() => {
    controller.abort();
  });
  try {
    return await work(controller.signal);
  } finally {
    subscription.dispose();
  }
}

function reportStatistics(connection: MessageConnection, result: protocol.CompleteResult): void {
  const { text: _text, overlap: _overlap, evidence: _evidence, ...figures } = result;
  void connection.sendNotification(protocol.Statistics, figures);
}

function progressSender(connection: MessageConnection): (fraction: number) => void {
  let sent = 0;
  return (fraction) => {
    if (fraction - sent < progressStep && fraction < 1) return;
    sent = fraction;
    void connection.sendNotification(protocol.LoadProgress, { fraction });
  };
}

function profileProgressSender(
  connection: MessageConnection,
): (progress: Readonly<protocol.ProfileProgressParams>) => void {
  let sent = -Infinity;
  return (progress) => {
    const now = performance.now();
    if (now - sent < profileProgressMs) return;
    sent = now;
    void connection.sendNotification(protocol.ProfileProgress, progress);
  };
}

/** Every failure reaches the caller as one line with a code, and the log with its cause. */
async function answered<Result>(
  connection: MessageConnection,
  handle: () => Promise<Result>,
): Promise<Result | ResponseError> {
  try {
    return await handle();
  } catch (thrown) {
    const error = asEngineError(thrown);
    if (error.kind === 'internal') {
      void connection.sendNotification(protocol.Log, {
        level: 'error',
        message: error.stack ?? error.message,
      });
    }
    return new ResponseError(protocol.ErrorCode[error.kind], error.message);
  }
}
