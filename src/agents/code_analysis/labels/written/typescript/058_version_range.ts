import { FastifyPluginAsync } from 'fastify';

const RANGE = /^((\s*[<>=~^]*\s*\d*(\.\d*)*(-\w*)*)\s*\|*\s*)*$/;
const VERSION = /^(\d{1,5})\.(\d{1,5})\.(\d{1,5})$/;

export interface ReleaseStore {
  versions(name: string): Promise<string[]>;
}

export function isRange(text: string): boolean {
  return RANGE.test(text);
}

export function compare(a: string, b: string): number {
  const left = VERSION.exec(a);
  const right = VERSION.exec(b);
  if (!left || !right) {
    return 0;
  }
  for (let i = 1; i <= 3; i += 1) {
    const difference = Number(left[i]) - Number(right[i]);
    if (difference !== 0) {
      return difference;
    }
  }
  return 0;
}

export const releases =
  (store: ReleaseStore): FastifyPluginAsync =>
  async (app) => {
    app.get<{ Params: { name: string }; Querystring: { range?: string } }>(
      '/releases/:name',
      async (request, reply) => {
        const { range } = request.query;
        if (range !== undefined && !isRange(range)) {
          return reply.code(422).send({ error: 'range is malformed' });
        }
        const versions = await store.versions(request.params.name);
        return { range: range ?? '*', versions: [...versions].sort(compare) };
      },
    );
  };
