import type { Actor } from '@gatehouse/contracts/actor';
import { createProject, listProjects } from '@gatehouse/contracts/identity';
import { Body, Controller, Get, HttpCode, Inject, Post, Query } from '@nestjs/common';
import { Allow } from './allow.guard.js';
import type { Session } from './authenticate.client.js';
import { TheActor, TheSession } from './handler-arguments.provider.js';
import { parseRequest } from './parse-request.js';
import { organizationJson, projectJson } from './public-json.js';
import { Refusal } from './refusal.js';
import { createProjectBody, organizationQuery } from './requests.js';
import type { AskService } from './services.client.js';
import { SERVICES } from './settings.js';

/** Organizations of the account, and the projects in them. */
@Controller()
export class OrganizationsController {
  constructor(@Inject(SERVICES) private readonly ask: AskService) {}

  @Get('/api/v1/orgs')
  @Allow('signed_in')
  organizations(@TheSession() session: Session) {
    return { data: session.memberships.map(organizationJson) };
  }

  @Get('/api/v1/projects')
  @Allow('projects.read')
  async projects(@Query() query: unknown, @TheActor() actor: Actor) {
    parseRequest(organizationQuery, query);
    const answer = await this.ask(listProjects, { actor });
    return { data: answer.projects.map(projectJson) };
  }

  @Post('/api/v1/projects')
  @Allow('projects.write')
  @HttpCode(201)
  async createProject(@Body() body: unknown, @TheActor() actor: Actor) {
    const { name, slug } = parseRequest(createProjectBody, body);
    const answer = await this.ask(createProject, { actor, name, slug });
    if (answer.kind === 'created') return projectJson(answer.project);
    if (answer.code === 'permission_denied') throw new Refusal('permission_denied');
    if (answer.code === 'slug_taken') throw new Refusal('conflict', { errors: { slug: answer.message } });
    throw new Refusal('validation_error', { errors: { slug: answer.message } });
  }
}
