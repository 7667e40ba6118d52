// Copy buttons: pressing one copies its `data-copy`, and the button says "Copied" for a moment.
import { element, find } from './dom.ts';

const shownMs = 2_000;
const status = element('p', 'unseen');
status.setAttribute('role', 'status');
document.body.append(status);

// Hidden until here, because a button needs this script.
for (const button of document.querySelectorAll<HTMLElement>('[data-copy]'))
  button.hidden = button.dataset['copy'] === '';

document.addEventListener('click', ({ target }) => {
  const button = target instanceof Element ? target.closest<HTMLElement>('[data-copy]') : null;
  if (button === null) return;
  const { copy = '', label = button.textContent } = button.dataset;
  button.dataset['label'] = label;
  copyText(copy).then(
    () => show(button, 'Copied', label),
    () => show(button, 'Not copied', label),
  );
});

async function copyText(text: string): Promise<void> {
  // Pages without TLS have no clipboard interface, in spite of its type; they copy a selection.
  const clipboard = navigator.clipboard as Clipboard | undefined;
  if (clipboard !== undefined) return clipboard.writeText(text);
  const focused = document.activeElement;
  const field = document.createElement('textarea');
  field.value = text;
  find('main').append(field);
  field.select();
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- nothing else copies without TLS
  const isCopied = document.execCommand('copy');
  field.remove();
  if (focused instanceof HTMLElement) focused.focus();
  if (!isCopied) throw new Error('the browser refused to copy');
}

function show(button: HTMLElement, words: string, label: string): void {
  button.textContent = words;
  status.textContent = words;
  setTimeout(() => {
    button.textContent = label;
    status.textContent = '';
  }, shownMs);
}
