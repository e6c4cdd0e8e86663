const fastify = require('fastify')();
const { loadMessages } = require('./messages');

class KeywordFilter {
  constructor(pattern, flags) {
    this.expression = new RegExp(pattern, flags);
  }

  apply(messages) {
    return messages.filter(({ subject, body }) =>
      [subject, body].some((text) => this.expression.test(text))
    );
  }
}

fastify.get(
  '/messages',
  {
    schema: {
      querystring: {
        type: 'object',
        properties: {
          match: { type: 'string', maxLength: 200 },
          limit: { type: 'integer', minimum: 1, maximum: 100, default: 20 },
        },
      },
    },
  },
  async (request) => {
    const { match, limit } = request.query;
    const messages = await loadMessages();
    const filter = new KeywordFilter(match || '.', 'i');
    return filter.apply(messages).slice(0, limit);
  }
);

fastify.listen({ port: 3001, host: '127.0.0.1' });
