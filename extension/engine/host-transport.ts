/** Requests to the server go through the host: it knows the key, the proxy and the certificates. */
import { CancellationTokenSource, type MessageConnection } from 'vscode-jsonrpc/node';
import { SendToServer, ServerText } from '../protocol/requests.ts';
import type { Transport } from './remote/transport.ts';

export function hostTransport(connection: MessageConnection): Transport {
  const streams = new Map<string, (text: string) => void>();
  let last = 0;
  connection.onNotification(ServerText, ({ streamId, text }) => {
    streams.get(streamId)?.(text);
  });
  return {
    async send({ path, body }, signal, onText) {
      const source = new CancellationTokenSource();
      const cancel = () => {
        source.cancel();
      };
      const streamId = String(++last);
      streams.set(streamId, onText);
      signal.addEventListener('abort', cancel, { once: true });
      try {
        signal.throwIfAborted();
        const { status } = await connection.sendRequest(SendToServer, { path, body, streamId }, source.token);
        return status;
      } finally {
        streams.delete(streamId);
        signal.removeEventListener('abort', cancel);
      }
    },
  };
}
