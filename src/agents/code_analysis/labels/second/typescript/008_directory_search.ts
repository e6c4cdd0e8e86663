import { Router, Request, Response } from 'express';
import ldap, { Client, SearchEntry, SearchOptions } from 'ldapjs';
import { requireUser } from '../middleware/auth';

interface Person {
  dn: string;
  name: string;
  mail: string;
  phone: string;
}

const BASE = 'ou=people,dc=example,dc=org';

function connect(): Promise<Client> {
  const client = ldap.createClient({ url: process.env.LDAP_URL as string, timeout: 5000, connectTimeout: 5000 });
  return new Promise((resolve, reject) => {
    client.on('error', reject);
    client.bind(process.env.LDAP_BIND_DN as string, process.env.LDAP_BIND_PW as string, (err) =>
      err ? reject(err) : resolve(client),
    );
  });
}

function buildFilter(name: string, unit?: string): string {
  const parts = ['(objectClass=inetOrgPerson)', `(|(cn=*${name}*)(mail=${name}*))`];
  if (unit) {
    parts.push(`(departmentNumber=${Number(unit)})`);
  }
  return '(&' + parts.join('') + ')';
}

function search(client: Client, options: SearchOptions): Promise<Person[]> {
  return new Promise((resolve, reject) => {
    const people: Person[] = [];
    client.search(BASE, options, (err, result) => {
      if (err) return reject(err);
      result.on('searchEntry', (entry: SearchEntry) => {
        const o = (entry as any).object;
        people.push({ dn: String(o.dn), name: String(o.cn), mail: String(o.mail ?? ''), phone: String(o.telephoneNumber ?? '') });
      });
      result.on('error', reject);
      result.on('end', () => resolve(people));
    });
  });
}

export const directory = Router();

directory.get('/directory', requireUser, async (req: Request, res: Response) => {
  const name = String(req.query.name ?? '').trim();
  if (name.length < 2) {
    return res.status(400).json({ error: 'at least two characters' });
  }
  let client: Client | undefined;
  try {
    client = await connect();
    const filter = buildFilter(name, req.query.unit ? String(req.query.unit) : undefined);
    const people = await search(client, { scope: 'sub', filter, sizeLimit: 50, attributes: ['cn', 'mail', 'telephoneNumber'] });
    return res.json({ people });
  } catch (e) {
    console.error('directory search failed', e);
    return res.status(502).json({ error: 'directory not available' });
  } finally {
    client?.unbind();
  }
});
