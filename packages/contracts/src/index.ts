export * from './config.ts';
export * from './event.ts';
export * from './ids.ts';
export * from './message.ts';
export * from './problem.ts';
export * from './session.ts';
export * from './socket.ts';
export * from './stage.ts';
