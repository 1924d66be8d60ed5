import type { Metadata } from "next";
import { SignForm } from "@/components/sign-form";

export const metadata: Metadata = { title: "Sign up" };

export default function Page() {
  return <SignForm kind="up" />;
}
