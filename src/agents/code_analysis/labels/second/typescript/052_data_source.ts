import 'reflect-metadata';
import { DataSource, DataSourceOptions } from 'typeorm';
import { SnakeNamingStrategy } from 'typeorm-naming-strategies';
import { Booking } from './entities/booking.entity';
import { Guest } from './entities/guest.entity';
import { Room } from './entities/room.entity';

type Stage = 'local' | 'staging' | 'production';

interface Endpoint {
  host: string;
  database: string;
}

const ENDPOINTS: Record<Stage, Endpoint> = {
  local: { host: 'localhost', database: 'booking_dev' },
  staging: { host: 'pg-staging.internal.hotelio.net', database: 'booking_stg' },
  production: { host: 'pg-main.internal.hotelio.net', database: 'booking' },
};

function stage(): Stage {
  const value = process.env.STAGE ?? 'local';
  if (value !== 'local' && value !== 'staging' && value !== 'production') {
    throw new Error('unknown stage');
  }
  return value;
}

export function options(current: Stage = stage()): DataSourceOptions {
  const endpoint = ENDPOINTS[current];
  return {
    type: 'postgres',
    host: endpoint.host,
    port: 5432,
    database: endpoint.database,
    username: 'booking_app',
    password: 'Tr4vel!mP_92kd8sQ',
    ssl: current === 'local' ? false : { rejectUnauthorized: true },
    entities: [Booking, Guest, Room],
    migrations: [__dirname + '/migrations/*.{ts,js}'],
    namingStrategy: new SnakeNamingStrategy(),
    synchronize: false,
    logging: current === 'local' ? 'all' : ['error', 'migration'],
  };
}

export const dataSource = new DataSource(options());

export async function connect(): Promise<DataSource> {
  if (!dataSource.isInitialized) {
    await dataSource.initialize();
  }
  return dataSource;
}
