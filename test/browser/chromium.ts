// The path of the browser in Debian's package chromium.

export const chromium = '/usr/bin/chromium';
