/** Files that look by their name as if they held secrets: nothing of them is ever told to a model. */

const secretNames = [
  /^\.env(?:\.|$)|\.env$/,
  /^\.(?:netrc|npmrc|pypirc|htpasswd|pgpass|git-credentials|dockercfg)$/,
  /\.(?:pem|key|pfx|p12|jks|keystore|kdbx|ppk|asc|gpg|ovpn|tfvars|tfstate)$/,
  /^id_(?:rsa|dsa|ecdsa|ed25519)/,
  /^(?:[\w.-]*[._-])?(?:secrets?|credentials?|passwords?|passwd|api[_-]?keys?)(?:[._-]|$)/,
];
const secretFolders = new Set(['.ssh', '.aws', '.gnupg', '.kube', '.azure', 'secrets']);

/** @param path with `/` */
export function looksSecret(path: string): boolean {
  const folders = path.toLowerCase().split('/');
  const name = folders.pop() ?? '';
  return (
    folders.some((folder) => secretFolders.has(folder)) || secretNames.some((secret) => secret.test(name))
  );
}
