import ldap from 'ldapjs';
import Koa from 'koa';
import Router from '@koa/router';
import bodyParser from 'koa-bodyparser';

const config = {
  url: process.env.LDAP_URL ?? 'ldaps://ldap.example.org',
  base: 'ou=staff,dc=example,dc=org',
  bindDn: process.env.LDAP_BIND_DN,
  bindPassword: process.env.LDAP_BIND_PASSWORD,
};

class StaffDirectory {
  constructor(settings) {
    this.settings = settings;
    this.client = ldap.createClient({ url: settings.url, reconnect: true, timeout: 5000 });
  }

  bind() {
    return new Promise((resolve, reject) => {
      this.client.bind(this.settings.bindDn, this.settings.bindPassword, (err) =>
        err ? reject(err) : resolve()
      );
    });
  }

  filterFor(user, group) {
    let filter = '(uid=' + user + ')';
    if (group) {
      filter = '(&' + filter + '(memberOf=cn=' + group + ',ou=groups,dc=example,dc=org))';
    }
    return filter;
  }

  find(user, group) {
    const options = { scope: 'sub', filter: this.filterFor(user, group), attributes: ['cn', 'mail', 'title'] };
    return new Promise((resolve, reject) => {
      this.client.search(this.settings.base, options, (err, res) => {
        if (err) {
          reject(err);
          return;
        }
        const entries = [];
        res.on('searchEntry', (entry) => entries.push(entry.pojo));
        res.on('error', reject);
        res.on('end', () => resolve(entries));
      });
    });
  }
}

const directory = new StaffDirectory(config);
const router = new Router();

router.post('/staff/lookup', async (ctx) => {
  const { user, group } = ctx.request.body;
  if (!user) {
    ctx.throw(400, 'user is required');
  }
  ctx.body = { entries: await directory.find(user, group) };
});

const app = new Koa();
app.use(bodyParser());
app.use(router.routes());

await directory.bind();
app.listen(3600, '127.0.0.1');
