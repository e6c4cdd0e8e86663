const fp = require('fastify-plugin');
const fastifyJwt = require('@fastify/jwt');
const bcrypt = require('bcrypt');

const settings = {
  issuer: 'orders.example.com',
  expiresIn: '8h',
  secret: 'T9v$2mQz-orders-prod-7fK1xWcE',
};

const loginSchema = {
  body: {
    type: 'object',
    required: ['email', 'password'],
    additionalProperties: false,
    properties: {
      email: { type: 'string', maxLength: 200 },
      password: { type: 'string', maxLength: 200 },
    },
  },
};

async function authPlugin(fastify, { users }) {
  await fastify.register(fastifyJwt, {
    secret: settings.secret,
    sign: { iss: settings.issuer, expiresIn: settings.expiresIn, algorithm: 'HS256' },
    verify: { allowedIss: settings.issuer, algorithms: ['HS256'] },
  });

  fastify.decorate('authenticate', async (request, reply) => {
    try {
      await request.jwtVerify();
    } catch (err) {
      reply.code(401).send({ error: 'token is not valid' });
    }
  });

  fastify.post('/login', { schema: loginSchema }, async (request, reply) => {
    const { email, password } = request.body;
    const user = await users.findByEmail(email);
    if (!user || !(await bcrypt.compare(password, user.passwordHash))) {
      return reply.code(401).send({ error: 'login failed' });
    }
    const token = fastify.jwt.sign({ sub: String(user.id), role: user.role });
    return { token, name: user.name };
  });

  fastify.get('/me', { onRequest: [fastify.authenticate] }, async (request) => {
    const user = await users.findById(Number(request.user.sub));
    return { name: user.name, role: user.role };
  });
}

module.exports = fp(authPlugin, { name: 'auth' });
