const fs = require('fs');
const Koa = require('koa');
const Router = require('@koa/router');
const xpath = require('xpath');
const { DOMParser } = require('@xmldom/xmldom');

const document = new DOMParser().parseFromString(
  fs.readFileSync(process.env.CATALOGUE || './catalogue.xml', 'utf8'),
  'text/xml'
);

const app = new Koa();
const router = new Router();

function select(code, branch) {
  const path = `//branch[@id='${branch}']/book[@code='${code}']`;
  return xpath.select(path, document);
}

function toJson(node) {
  return {
    code: node.getAttribute('code'),
    title: xpath.select1('string(title)', node),
    copies: Number(xpath.select1('string(copies)', node)),
  };
}

router.get('/branches/:branch/books/:code', (ctx) => {
  const { branch, code } = ctx.params;
  const nodes = select(code, branch);
  ctx.assert(nodes.length > 0, 404, 'no such book');
  ctx.body = nodes.map(toJson);
});

app.use(router.routes());
app.listen(3000);
