/** For a Chromium that talks to nobody but this machine, and plays sound without being asked to. */
export const browserArguments = [
  '--no-sandbox',
  '--autoplay-policy=no-user-gesture-required',
  '--allow-loopback-in-peer-connection',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-quic',
  '--no-first-run',
];
