import { HttpService } from '@nestjs/axios';
import { Body, Controller, Injectable, Logger, Post, UseGuards } from '@nestjs/common';
import { IsIn, IsObject, IsOptional, IsString } from 'class-validator';
import { firstValueFrom } from 'rxjs';
import { JwtAuthGuard } from '../auth/jwt-auth.guard';

export class HookTestDto {
  @IsString()
  host!: string;

  @IsString()
  path!: string;

  @IsIn(['POST', 'PUT'])
  method!: 'POST' | 'PUT';

  @IsOptional()
  @IsObject()
  payload?: Record<string, unknown>;
}

@Injectable()
export class HookTesterService {
  private readonly logger = new Logger(HookTesterService.name);

  constructor(private readonly http: HttpService) {}

  private endpoint(dto: HookTestDto): string {
    const path = dto.path.startsWith('/') ? dto.path : '/' + dto.path;
    return 'http://' + dto.host + path;
  }

  async test(dto: HookTestDto) {
    const started = Date.now();
    const url = this.endpoint(dto);
    const body = dto.payload ?? { type: 'ping', sentAt: new Date().toISOString() };
    const response = await firstValueFrom(
      this.http.request({ method: dto.method, url, data: body, timeout: 5000, validateStatus: () => true }),
    );
    this.logger.log(`hook test finished with ${response.status}`);
    return {
      status: response.status,
      tookMs: Date.now() - started,
      body: typeof response.data === 'string' ? response.data.slice(0, 4000) : response.data,
    };
  }
}

@UseGuards(JwtAuthGuard)
@Controller('integrations/hooks')
export class HookTesterController {
  constructor(private readonly tester: HookTesterService) {}

  @Post('test')
  test(@Body() dto: HookTestDto) {
    return this.tester.test(dto);
  }
}
