const fs = require('fs');
const path = require('path');
const Koa = require('koa');
const bodyParser = require('koa-bodyparser');
const { verify } = require('./accounts');

const app = new Koa();
const JOURNAL = path.join(process.env.LOG_DIR || '/var/log/portal', 'access.log');
const stream = fs.createWriteStream(JOURNAL, { flags: 'a', mode: 0o640 });

function journal(event, actor, detail) {
  const stamp = new Date().toISOString();
  stream.write(`${stamp} ${event} actor=${actor} ${detail}\n`);
}

app.use(bodyParser());

app.use(async (ctx) => {
  if (ctx.method !== 'POST' || ctx.path !== '/sessions') {
    ctx.status = 404;
    return;
  }
  const { login, password } = ctx.request.body;
  const account = await verify(String(login), String(password));
  if (!account) {
    journal('LOGIN_FAILED', login, `ip=${ctx.ip}`);
    ctx.status = 401;
    return;
  }
  journal('LOGIN_OK', account.id, `ip=${ctx.ip}`);
  ctx.status = 204;
});

app.listen(Number(process.env.PORT) || 3000);
