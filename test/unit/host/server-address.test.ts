/** What a person may write into `hotset.server.url`, and what of it is ever shown. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isElsewhere, serverAddress } from '../../../extension/host/server/server-address.ts';

test('an address is kept without what may be secret', () => {
  assert.deepEqual(serverAddress('http://127.0.0.1:8080/'), {
    url: 'http://127.0.0.1:8080',
    origin: 'http://127.0.0.1:8080',
    fault: null,
  });
  assert.equal(serverAddress('https://models.example/team/').url, 'https://models.example/team');
  for (const written of ['https://user:sk-1@models.example', 'https://models.example/?key=sk-1']) {
    const { url, origin, fault } = serverAddress(written);
    assert.ok(!`${url} ${origin} ${fault ?? ''}`.includes('sk-1'));
    assert.match(fault ?? '', /must hold no key/);
  }
});

test('what is no address of a web server is said so', () => {
  for (const written of ['models.example:8080', 'file:///etc/passwd', 'ftp://models.example', 'x y']) {
    assert.match(serverAddress(written).fault ?? '', /http:\/\/ or https:\/\//, written);
  }
});

test('only loopback is this machine', () => {
  for (const url of ['http://127.0.0.1:1', 'http://localhost', 'http://[::1]:8012'])
    assert.ok(!isElsewhere(url), url);
  for (const url of ['http://10.0.0.1', 'https://localhost.example', 'http://0.0.0.0:1', 'the server']) {
    assert.ok(isElsewhere(url), url);
  }
});
