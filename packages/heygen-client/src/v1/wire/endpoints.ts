/** Where everything is, below the base URL `https://api.heygen.com`. POST unless it says GET. */
export const endpoints = {
  createToken: '/v1/streaming.create_token',
  newSession: '/v1/streaming.new',
  start: '/v1/streaming.start',
  task: '/v1/streaming.task',
  interrupt: '/v1/streaming.interrupt',
  keepAlive: '/v1/streaming.keep_alive',
  stop: '/v1/streaming.stop',
  startListening: '/v1/streaming.start_listening',
  stopListening: '/v1/streaming.stop_listening',
  /** GET */
  list: '/v1/streaming.list',
  /** GET */
  history: '/v2/streaming.list',
  /** GET */
  avatars: '/v1/streaming/avatar.list',
  /** GET */
  knowledgeBases: '/v1/streaming/knowledge_base/list',
  createKnowledgeBase: '/v1/streaming/knowledge_base/create',
  /** Followed by `/<id>`. */
  updateKnowledgeBase: '/v1/streaming/knowledge_base',
  /** WebSocket */
  chat: '/v1/ws/streaming.chat',
} as const;
