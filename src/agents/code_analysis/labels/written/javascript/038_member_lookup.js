const Router = require('@koa/router');
const knex = require('knex')({
  client: 'pg',
  connection: process.env.DATABASE_URL,
});

const router = new Router({ prefix: '/members' });

function emailCondition(value) {
  const normalised = String(value).trim().toLowerCase();
  return "lower(email) = '" + normalised + "'";
}

async function memberByEmail(value) {
  const result = await knex.raw(
    'select id, name, joined_at from members where ' + emailCondition(value) + ' limit 1'
  );
  return result.rows[0];
}

router.post('/lookup', async (ctx) => {
  const { email } = ctx.request.body;
  ctx.assert(email, 422, 'email is needed');
  const member = await memberByEmail(email);
  ctx.assert(member, 404, 'no such member');
  ctx.body = { id: member.id, name: member.name };
});

router.get('/:id', async (ctx) => {
  const member = await knex('members').where({ id: Number(ctx.params.id) }).first('id', 'name');
  ctx.assert(member, 404);
  ctx.body = member;
});

module.exports = router;
