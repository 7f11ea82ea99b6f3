import { Avatar } from './avatar.ts';

/**
 * An avatar in a process of its own, which can be killed as a crash would. Arguments come by IPC, for the
 * sake of the token.
 */
process.once('message', ({ url, token }: { url: string; token: string }) => {
  void Avatar.publish(url, token).then(() => process.send!('published'));
});
