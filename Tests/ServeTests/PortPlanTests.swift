import HTTPTypes
import Kernel
import Serve
import Testing

@Suite("Where parties are served")
struct PortPlanTests {
    private static func ports(_ plan: PortPlan) -> [Party: Int] {
        Dictionary(uniqueKeysWithValues: Party.served.map { ($0, plan.port(of: $0)) })
    }

    @Test("seven ports in the order of the parties")
    func order() {
        let plan = PortPlan()
        #expect(Party.served.map { plan.port(of: $0) } == Array(4580...4586))
        #expect(plan.origins(ports: Self.ports(plan))[.mcp] == "http://127.0.0.1:4584")
    }

    @Test("port base 0 asks for free ports")
    func free() {
        #expect(Party.served.allSatisfy { PortPlan(base: 0).port(of: $0) == 0 })
    }

    @Test("parties may have names of their own, or an advertised one")
    func naming() {
        let own = PortPlan(naming: .partyHosts)
        #expect(own.origins(ports: Self.ports(own))[.github] == "http://github.localhost:4583")
        let told = PortPlan(bindAddress: "0.0.0.0", base: 80, naming: .advertised("lab.example.com"))
        let origins = told.origins(ports: Self.ports(told))
        #expect(origins[.gateway] == "http://lab.example.com:81")
        #expect(told.callers(of: origins).refusal(host: "lab.example.com:81", headers: [:], to: .aws) == nil)
    }

    @Test("an endpoints file names the seven origins, region and account")
    func endpoints() {
        let plan = PortPlan()
        let value = plan.origins(ports: Self.ports(plan)).endpoints(region: "us-east-1", account: "000000000000")
        #expect(
            value.object?.names
                == ["aws", "gateway", "idp", "github", "mcp", "app", "console", "region", "accountId"])
        #expect(value["console"] == "http://127.0.0.1:4586")
    }
}
