//! `fetch` as a Lambda function; what it is given is `aws::steps::fetch`.

fn main() -> std::process::ExitCode {
    aws::lambda::main("fetch", aws::steps::fetch)
}
