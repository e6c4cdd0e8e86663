const Hapi = require('@hapi/hapi');
const { Sequelize, QueryTypes } = require('sequelize');

const sequelize = new Sequelize(process.env.INVENTORY_DSN, { logging: false });

const BASE = ['SELECT d.id, d.serial, d.model, l.name AS location', 'FROM devices d', 'LEFT JOIN locations l ON l.id = d.location_id'];

function conditionsFor(filter) {
  const list = [];
  if (filter.serial) {
    list.push(['d.serial', filter.serial]);
  }
  if (filter.location) {
    list.push(['l.name', filter.location]);
  }
  if (filter.model) {
    list.push(['d.model', filter.model]);
  }
  return list;
}

async function findDevices(filter) {
  const parts = BASE.slice();
  const conditions = conditionsFor(filter);
  conditions.forEach(([column, value], index) => {
    parts.push((index === 0 ? 'WHERE ' : 'AND ') + column + ' ILIKE \'' + value + '\'');
  });
  parts.push('ORDER BY d.serial');
  parts.push('LIMIT 200');
  return sequelize.query(parts.join(' '), { type: QueryTypes.SELECT });
}

async function start() {
  const server = Hapi.server({ port: process.env.PORT || 4000, host: 'localhost' });

  server.route({
    method: 'POST',
    path: '/devices/search',
    handler: async (request, h) => {
      const devices = await findDevices(request.payload || {});
      return h.response({ devices }).code(200);
    },
  });

  server.route({
    method: 'GET',
    path: '/devices/{id}',
    handler: async (request, h) => {
      const [device] = await sequelize.query('SELECT id, serial, model FROM devices WHERE id = :id', {
        type: QueryTypes.SELECT,
        replacements: { id: Number(request.params.id) },
      });
      return device || h.response({ error: 'not found' }).code(404);
    },
  });

  await sequelize.authenticate();
  await server.start();
}

start().catch((err) => {
  console.error('could not start', err);
  process.exit(1);
});
