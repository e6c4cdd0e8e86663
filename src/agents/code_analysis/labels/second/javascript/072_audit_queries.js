const { Sequelize, QueryTypes, Op, DataTypes } = require('sequelize');

const ORDER = {
  newest: 'a.created_at DESC',
  oldest: 'a.created_at ASC',
  actor: 'u.login ASC, a.created_at DESC',
};

function defineModels(sequelize) {
  const AuditEntry = sequelize.define(
    'AuditEntry',
    {
      action: { type: DataTypes.STRING(60), allowNull: false },
      actorId: DataTypes.INTEGER,
      details: DataTypes.JSON,
    },
    { tableName: 'audit_entries', underscored: true, updatedAt: false }
  );
  return { AuditEntry };
}

class AuditService {
  constructor(dsn) {
    this.sequelize = new Sequelize(dsn, { logging: false });
    Object.assign(this, defineModels(this.sequelize));
  }

  async page({ action, login, order, offset }) {
    const where = ['a.created_at > now() - interval \'90 days\''];
    const replacements = { offset: Number.parseInt(offset, 10) || 0 };
    if (action) {
      where.push('a.action = :action');
      replacements.action = String(action);
    }
    if (login) {
      where.push('u.login = :login');
      replacements.login = String(login);
    }
    const orderBy = Object.keys(ORDER).includes(order) ? ORDER[order] : ORDER.newest;
    const sql = `
      SELECT a.id, a.action, a.created_at, u.login
        FROM audit_entries a LEFT JOIN users u ON u.id = a.actor_id
       WHERE ${where.join(' AND ')}
       ORDER BY ${orderBy}
       LIMIT 100 OFFSET :offset`;
    return this.sequelize.query(sql, { type: QueryTypes.SELECT, replacements });
  }

  countFor(actions) {
    return this.AuditEntry.count({ where: { action: { [Op.in]: actions.map(String) } } });
  }

  record(action, actorId, details) {
    return this.AuditEntry.create({ action, actorId, details });
  }
}

module.exports = { AuditService };
