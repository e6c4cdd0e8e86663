'use strict';

const fs = require('fs');
const express = require('express');
const ldap = require('ldapjs');

const BASE = 'ou=people,dc=corp,dc=example';
const ATTRIBUTES = ['cn', 'mail', 'telephoneNumber'];
const CA = fs.readFileSync(process.env.LDAP_CA || '/etc/ssl/corp-ca.pem');

function connect() {
  const client = ldap.createClient({
    url: 'ldaps://ldap.corp.example:636',
    timeout: 5000,
    connectTimeout: 5000,
    tlsOptions: { ca: [CA], minVersion: 'TLSv1.2', rejectUnauthorized: true },
  });
  return new Promise((resolve, reject) => {
    client.on('error', reject);
    client.bind(process.env.LDAP_BIND_DN, process.env.LDAP_BIND_PASSWORD, (err) => {
      if (err) {
        client.destroy();
        reject(err);
      } else {
        resolve(client);
      }
    });
  });
}

function personFilter({ name, mail }) {
  const filters = [new ldap.EqualityFilter({ attribute: 'objectClass', value: 'person' })];
  if (name) {
    filters.push(new ldap.SubstringFilter({ attribute: 'cn', initial: name }));
  }
  if (mail) {
    filters.push(new ldap.EqualityFilter({ attribute: 'mail', value: mail }));
  }
  return new ldap.AndFilter({ filters });
}

function search(client, filter) {
  return new Promise((resolve, reject) => {
    const options = { scope: 'sub', filter, attributes: ATTRIBUTES, sizeLimit: 25 };
    client.search(BASE, options, (err, result) => {
      if (err) {
        reject(err);
        return;
      }
      const people = [];
      result.on('searchEntry', (entry) => people.push(entry.pojo.attributes));
      result.on('error', reject);
      result.on('end', () => resolve(people));
    });
  });
}

const router = express.Router();

router.get('/people', async (req, res, next) => {
  const name = String(req.query.name || '').slice(0, 60);
  const mail = String(req.query.mail || '').slice(0, 120);
  if (!name && !mail) {
    return res.status(400).json({ error: 'name or mail is required' });
  }
  let client;
  try {
    client = await connect();
    return res.json(await search(client, personFilter({ name, mail })));
  } catch (err) {
    return next(err);
  } finally {
    if (client) {
      client.unbind();
    }
  }
});

module.exports = router;
