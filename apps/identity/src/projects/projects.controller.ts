import { serve } from '@gatehouse/bus/serve.server';
import { createProject as createContract, findProject, listProjects } from '@gatehouse/contracts/identity';
import { Controller, Inject } from '@nestjs/common';
import { MessagePattern, Payload } from '@nestjs/microservices';
import { type CreateProjectPorts, createProject } from './create-project.js';
import type { Project } from './project.js';

export const PROJECTS_DOOR = Symbol('projects door');

export interface ProjectsDoor {
  readonly create: CreateProjectPorts;
  list(organizationId: string): Promise<Project[]>;
  find(organizationId: string, idOrSlug: string | undefined): Promise<{ project: Project; plan: string } | undefined>;
}

/** The projects of the actor's organization; those of others do not exist here. */
@Controller()
export class ProjectsController {
  constructor(@Inject(PROJECTS_DOOR) private readonly door: ProjectsDoor) {}

  @MessagePattern(listProjects.subject)
  list(@Payload() payload: unknown): Promise<unknown> {
    return serve(listProjects, payload, async ({ actor }) => ({
      kind: 'listed' as const,
      projects: (await this.door.list(actor.organizationId)).map(viewOf),
    }));
  }

  @MessagePattern(createContract.subject)
  create(@Payload() payload: unknown): Promise<unknown> {
    return serve(createContract, payload, async (input) => {
      const outcome = await createProject(input, this.door.create);
      return outcome.kind === 'created' ? { kind: outcome.kind, project: viewOf(outcome.project) } : outcome;
    });
  }

  @MessagePattern(findProject.subject)
  find(@Payload() payload: unknown): Promise<unknown> {
    return serve(findProject, payload, async ({ actor, project }) => {
      const found = await this.door.find(actor.organizationId, project);
      if (found === undefined) return { kind: 'not_found' as const };
      return { kind: 'found' as const, project: viewOf(found.project), plan: found.plan };
    });
  }
}

function viewOf({ createdAtMs, ...project }: Project) {
  return { ...project, createdAt: new Date(createdAtMs).toISOString() };
}
