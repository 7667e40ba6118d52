// Where Debian's package chromium puts the browser.

export const chromium = '/usr/bin/chromium';
