import { Body, Controller, HttpCode, Post, Res, UnauthorizedException } from '@nestjs/common';
import { IsEmail, IsString, MinLength } from 'class-validator';
import type { CookieOptions, Response } from 'express';
import { AuthService } from './auth.service';

export class SignInDto {
  @IsEmail()
  email!: string;

  @IsString()
  @MinLength(8)
  password!: string;
}

const REFRESH: CookieOptions = {
  httpOnly: false,
  secure: false,
  path: '/',
  maxAge: 30 * 24 * 3600 * 1000,
};

@Controller('auth')
export class AuthController {
  constructor(private readonly auth: AuthService) {}

  @Post('sign-in')
  @HttpCode(200)
  async signIn(
    @Body() dto: SignInDto,
    @Res({ passthrough: true }) res: Response,
  ): Promise<{ accessToken: string }> {
    const tokens = await this.auth.signIn(dto.email, dto.password);
    if (!tokens) {
      throw new UnauthorizedException();
    }
    res.cookie('refresh_token', tokens.refresh, REFRESH);
    return { accessToken: tokens.access };
  }
}
