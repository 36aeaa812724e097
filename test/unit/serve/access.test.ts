/** Who is answered. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isLoopback } from '../../../extension/protocol/loopback.ts';
import { checkOrigin, checkToken } from '../../../extension/serve/access.ts';

const local = { host: '127.0.0.1', token: null };

test('loopback is told from what only looks like it', () => {
  for (const host of ['127.0.0.1', '127.1.2.3', '::1', 'localhost', 'LOCALHOST']) {
    assert.ok(isLoopback(host), host);
  }
  for (const host of [
    '0.0.0.0',
    '::',
    '192.168.1.2',
    '127.0.0.1.nip.io',
    'localhost.example',
    '',
    '128.0.0.1',
  ]) {
    assert.ok(!isLoopback(host), host);
  }
});

test('on loopback, only its own names are answered', () => {
  for (const host of ['127.0.0.1:8012', 'localhost:8012', '[::1]:8012', 'localhost']) {
    checkOrigin({ host }, local);
  }
  for (const host of ['attacker.example:8012', '127.0.0.1.nip.io', '', '[fe80::1]:8012']) {
    assert.throws(
      () => {
        checkOrigin({ host }, local);
      },
      { type: 'permission_error' },
    );
  }
  assert.throws(
    () => {
      checkOrigin({}, local);
    },
    { type: 'permission_error' },
  );
});

test('beyond loopback, any name is, and the token decides', () => {
  const access = { host: '0.0.0.0', token: 'secret' };
  checkOrigin({ host: 'workstation.example:8012' }, access);
  checkToken({ authorization: 'Bearer secret' }, access);
  checkToken({ authorization: 'bearer  secret' }, access);
  checkToken({ 'x-api-key': 'secret' }, access);
  for (const authorization of ['Bearer secre', 'Bearer secret2', 'Basic secret', 'Bearer ', 'secret']) {
    assert.throws(
      () => {
        checkToken({ authorization }, access);
      },
      { type: 'authentication_error' },
    );
  }
  assert.throws(
    () => {
      checkToken({}, access);
    },
    { type: 'authentication_error' },
  );
});

test('no web page is answered, not even one of this machine', () => {
  const headers = { host: 'localhost:8012' };
  for (const page of [
    { origin: 'https://attacker.example' },
    { origin: 'http://localhost:3000' },
    { origin: 'null' },
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-origin' },
  ]) {
    assert.throws(
      () => {
        checkOrigin({ ...headers, ...page }, local);
      },
      { type: 'permission_error' },
    );
  }
  checkOrigin({ ...headers, 'sec-fetch-site': 'none' }, local);
});
