/**
 * The engine process: JSON-RPC over Node's IPC channel, so that whatever native libraries print on stdout or stderr
 * can't disturb the protocol. Started by the extension host with `ELECTRON_RUN_AS_NODE=1`, or by Node.
 */
import {
  createMessageConnection,
  IPCMessageReader,
  IPCMessageWriter,
  type MessageConnection,
} from 'vscode-jsonrpc/node';
import { Log, ModelChanged } from '../protocol/requests.ts';
import { Engine } from './engine.ts';
import { asEngineError } from './errors.ts';
import { hostTransport } from './host-transport.ts';
import { installationRoot } from './installation.ts';
import { loadAddon, type LogLevel } from './native.ts';
import { OtherEngines } from './other-engines.ts';
import { dieWithParent } from './parent-watch.ts';
import { serve } from './server.ts';

function start(): void {
  if (process.send === undefined) {
    endWith(2, 'start me with an IPC channel (child_process.fork)');
    return;
  }
  dieWithParent();
  const connection = createMessageConnection(new IPCMessageReader(process), new IPCMessageWriter(process));
  connection.listen();
  startEngine(connection);
}

function startEngine(connection: MessageConnection): void {
  const log = (level: LogLevel, message: string) => {
    void connection.sendNotification(Log, { level, message });
  };
  try {
    const root = installationRoot(import.meta.dirname);
    // The host names the folder where the extension may keep files.
    const storage = process.argv[2];
    const kept = storage === undefined ? {} : { storage };
    const engine = new Engine({
      addon: loadAddon(root, log),
      root,
      log,
      ...kept,
      others: new OtherEngines(),
      transport: hostTransport(connection),
      onModelChanged: (model) => {
        void connection.sendNotification(ModelChanged, model);
      },
    });
    serve(connection, engine, () => process.exit(0));
  } catch (error) {
    endWith(1, asEngineError(error).message);
  }
}

/** The line is out before the process is: pipes are not flushed at exit everywhere. */
function endWith(exitCode: number, message: string): void {
  process.stderr.write(`hotset engine: ${message}\n`, () => process.exit(exitCode));
}

start();
