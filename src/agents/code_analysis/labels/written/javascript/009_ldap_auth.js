const ldap = require('ldapjs');

const BASE = 'ou=users,dc=example,dc=org';

function connect() {
  const client = ldap.createClient({ url: process.env.LDAP_URL });
  return new Promise((resolve, reject) => {
    client.once('error', reject);
    client.bind(process.env.LDAP_DN, process.env.LDAP_SECRET, (err) =>
      err ? reject(err) : resolve(client)
    );
  });
}

function firstEntry(client, filter) {
  return new Promise((resolve, reject) => {
    let entry = null;
    client.search(BASE, { filter, scope: 'sub', sizeLimit: 1 }, (err, res) => {
      if (err) return reject(err);
      res.on('searchEntry', (found) => {
        entry = found;
      });
      res.on('error', reject);
      return res.on('end', () => resolve(entry));
    });
  });
}

module.exports = function ldapAuth() {
  return async (ctx, next) => {
    const { login } = ctx.request.body;
    const client = await connect();
    try {
      const entry = await firstEntry(client, `(&(objectClass=person)(uid=${login}))`);
      ctx.assert(entry, 404, 'unknown person');
      ctx.state.person = entry.dn.toString();
    } finally {
      client.unbind();
    }
    await next();
  };
};
