/** Keys of servers, in the editor's secret storage and nowhere else: one for each origin. */
import * as vscode from 'vscode';

export class ServerKeys {
  readonly #secrets: vscode.SecretStorage;

  constructor(secrets: vscode.SecretStorage) {
    this.#secrets = secrets;
  }

  async keyOf(origin: string): Promise<string | undefined> {
    return await this.#secrets.get(nameOf(origin));
  }

  /** @returns whether one was given */
  async ask(origin: string): Promise<boolean> {
    const key = await vscode.window.showInputBox({
      title: `Key of ${origin}`,
      prompt: 'It is sent there with every request, and kept in the editor’s secret storage.',
      password: true,
      ignoreFocusOut: true,
    });
    const given = key?.trim() ?? '';
    if (given === '') return false;
    await this.#secrets.store(nameOf(origin), given);
    return true;
  }

  async forget(origin: string): Promise<void> {
    await this.#secrets.delete(nameOf(origin));
  }
}

function nameOf(origin: string): string {
  return `serverKey:${origin}`;
}
