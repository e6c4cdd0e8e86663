import { BadRequestException, Controller, Get, Query, UseGuards } from '@nestjs/common';
import { PrismaService } from '../prisma/prisma.service';
import { SessionGuard } from '../auth/session.guard';

interface SalesRow {
  bucket: string;
  total: number;
}

@Controller('reports')
@UseGuards(SessionGuard)
export class ReportsController {
  constructor(private readonly prisma: PrismaService) {}

  @Get('sales')
  async sales(
    @Query('from') from: string,
    @Query('to') to: string,
    @Query('interval') interval = 'day',
  ): Promise<SalesRow[]> {
    if (!from || !to) {
      throw new BadRequestException('from and to are needed');
    }
    return this.aggregate(interval, from, to);
  }

  private aggregate(interval: string, from: string, to: string): Promise<SalesRow[]> {
    const statement =
      `SELECT date_trunc('${interval}', sold_at) AS bucket, sum(total)::float AS total ` +
      'FROM sales WHERE sold_at >= $1::date AND sold_at < $2::date GROUP BY 1 ORDER BY 1';
    return this.prisma.$queryRawUnsafe<SalesRow[]>(statement, from, to);
  }
}
