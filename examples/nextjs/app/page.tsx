import { headers } from "next/headers";
import { redirect } from "next/navigation";
import { TasksPage } from "@/components/tasks-page";
import { getAuth } from "@/lib/auth";
import { settings } from "@/lib/settings";
import type { Filter } from "@/lib/task-store";

export default async function Page({ searchParams }: { searchParams: Promise<{ show?: string | string[] }> }) {
  const requestHeaders = await headers();
  const session = await getAuth().api.getSession({ headers: requestHeaders });
  if (!session) redirect("/sign-in");
  const { id, name, email } = session.user;
  const { show } = await searchParams;
  const filter: Filter = show === "pending" || show === "completed" ? show : "all";
  // The only setting that the page gets.
  const serviceUrl = settings.via === "browser" ? settings.tasksUrl : null;
  return <TasksPage user={{ id, name, email }} serviceUrl={serviceUrl} initialFilter={filter} />;
}
