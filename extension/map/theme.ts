/** The editor's colours, as the page has them now. */
import { type Kind, kinds, type Theme } from './palette.ts';

/** CSS variables of the page's own, each one of VS Code's (`page.css`). */
const variable: Readonly<Record<Kind, string>> = { gpu: '--gpu', hot: '--hot', cold: '--cold' };

export function themeOf(body: HTMLElement): Theme {
  const probe = document.createElement('span');
  probe.hidden = true;
  body.append(probe);
  // A variable is whatever text the theme holds; only as a colour is it resolved to numbers.
  const resolved = (name: string) => {
    probe.style.color = `var(${name})`;
    return getComputedStyle(probe).color;
  };
  const [gpu = '', hot = '', cold = ''] = kinds.map((kind) => resolved(variable[kind]));
  const theme = { background: resolved('--ground'), kinds: { gpu, hot, cold } };
  probe.remove();
  return theme;
}

/** Themes change while the page is open. */
export function onThemeChange(callback: () => void): void {
  const observer = new MutationObserver(callback);
  const attributeFilter = ['class', 'style', 'data-vscode-theme-id'];
  observer.observe(document.body, { attributes: true, attributeFilter });
  observer.observe(document.documentElement, { attributes: true, attributeFilter });
}
