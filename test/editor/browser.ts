/** Headless Chromium that notes every request that would leave this machine. */
import { existsSync } from 'node:fs';
import { chromium, type BrowserContext } from 'playwright-core';

const candidates = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

function executable(): string {
  const path = process.env['CHROMIUM_PATH'] ?? candidates.find((candidate) => existsSync(candidate));
  if (path === undefined) throw new Error('no Chromium found: install it or set CHROMIUM_PATH');
  return path;
}

export interface Browser {
  context: BrowserContext;
  /** Addresses outside this machine that a page asked for. */
  outside: Set<string>;
}

/** @param scale device pixels per pixel of the page: 2 for sharp pictures, at the price of speed */
export async function openBrowser(profile: string, scale = 1): Promise<Browser> {
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: executable(),
    headless: true,
    viewport: { width: 1280, height: 800 },
    deviceScaleFactor: scale,
    locale: 'en-US',
    args: [
      ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
      ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
    ],
  });
  const outside = new Set<string>();
  context.on('request', (request) => {
    const url = new URL(request.url());
    if (!/^(http|ws)s?:$/.test(url.protocol) || url.hostname === '127.0.0.1') return;
    // The host name of webview resources, which a service worker answers inside the page.
    if (!url.hostname.endsWith('.vscode-cdn.net')) outside.add(url.href);
  });
  return { context, outside };
}
