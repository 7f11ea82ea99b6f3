# One image for all of our processes; docker-compose.yml says which one a container runs.
FROM node:24.21.0-bookworm-slim AS base
RUN npm install --global --no-audit --no-fund pnpm@12.21.0
WORKDIR /app
COPY package.json pnpm-lock.yaml pnpm-workspace.yaml tsconfig.base.json ./
COPY apps/gateway/package.json apps/gateway/
COPY apps/worker/package.json apps/worker/
COPY apps/console/package.json apps/console/
COPY packages/contracts/package.json packages/contracts/
COPY packages/session-store/package.json packages/session-store/
COPY packages/heygen-client/package.json packages/heygen-client/
COPY packages/livekit-rtp/package.json packages/livekit-rtp/
COPY packages/speech/package.json packages/speech/
COPY packages/relay/package.json packages/relay/
COPY packages/speech/package.json packages/speech/
COPY packages/avatar-simulator/package.json packages/avatar-simulator/

FROM base AS pages
RUN pnpm install --frozen-lockfile
COPY packages/contracts packages/contracts
COPY apps/console apps/console
RUN pnpm --filter @avatar-bridge/console build

# Node runs the TypeScript as it is, so the workspace is copied and nothing is compiled.
FROM base
ENV NODE_ENV=production
RUN pnpm install --frozen-lockfile --prod
COPY packages packages
COPY apps/gateway apps/gateway
COPY apps/worker apps/worker
COPY --from=pages /app/apps/console/dist apps/console/dist
USER node
CMD ["node", "apps/gateway/src/main.ts"]
